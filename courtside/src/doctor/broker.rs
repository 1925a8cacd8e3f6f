//! RabbitMQ: reachable, new enough, and its queues as they should be.
use runtime::Settings;
use runtime::rabbitmq::{self, Standing};
use scheduler::timers::rabbitmq::topology_for;

use super::finding::Finding;

const WHAT: &str = "broker";

/// The first whose quorum queues hand messages on at least once.
const OLDEST: (u32, u32) = (3, 10);

pub async fn examine(settings: &Settings) -> Vec<Finding> {
    let topology = topology_for(&settings.amqp_queue_prefix, &settings.timer_hold_seconds);
    let compared = rabbitmq::compare(&settings.amqp_url, &topology).await;
    let all = match compared {
        Ok(all) => all,
        Err(error) => {
            let next = if rabbitmq::is_refusal(&error) {
                "Correct the user, the password or the virtual host in AMQP_URL, or grant it configure, write and read."
            } else {
                "Start the RabbitMQ that AMQP_URL names, or correct it."
            };
            return vec![Finding::fail(WHAT, "reachable", error.to_string(), next)];
        }
    };
    let mut findings = vec![Finding::ok(WHAT, "reachable", "AMQP_URL lets us in")];
    findings.push(version(settings).await);
    findings.extend(queues(all));
    findings
}

async fn version(settings: &Settings) -> Finding {
    let version = match rabbitmq::version(&settings.amqp_url).await {
        Ok(Some(version)) => version,
        Ok(None) => return Finding::ok(WHAT, "version", "not asked for behind TLS"),
        Err(error) => {
            let next = "See that AMQP_URL names a RabbitMQ of 3.10 or later.";
            return Finding::warn(WHAT, "version", error.to_string(), next);
        }
    };
    let says = format!("RabbitMQ {version}");
    let mut numbers = version.split('.').map(|it| it.parse::<u32>().unwrap_or_default());
    if (numbers.next().unwrap_or_default(), numbers.next().unwrap_or_default()) < OLDEST {
        let next =
            "Move to RabbitMQ 3.10 or later: an older one loses timers when a queue is away.";
        return Finding::fail(WHAT, "version", says, next);
    }
    Finding::ok(WHAT, "version", says)
}

/// What is otherwise is named, each by itself; what is well, together.
fn queues(all: Vec<(String, Standing)>) -> Vec<Finding> {
    let mut findings = Vec::new();
    let (mut well, mut missing) = (0, Vec::new());
    for (name, standing) in all {
        match standing {
            Standing::AsItShould => well += 1,
            Standing::Missing => missing.push(name),
            Standing::Otherwise(said) => {
                let next = format!(
                    "Stop the schedulers, delete {name} and start them: they make it anew, and what is due is in the read database."
                );
                findings.push(Finding::fail(WHAT, "queues", format!("{name}: {said}"), next));
            }
        }
    }
    if !missing.is_empty() {
        let says = format!("not there: {}", missing.join(", "));
        findings.push(Finding::warn(
            WHAT,
            "queues",
            says,
            "Start courtside scheduler: it makes them.",
        ));
    }
    if findings.is_empty() {
        findings.push(Finding::ok(WHAT, "queues", format!("{well} as they should be")));
    }
    findings
}
