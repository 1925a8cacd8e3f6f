// Emmett's Postgres store, driven as the runner asks: a JSON object a line in, one out.
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { dumbo } from '@event-driven-io/dumbo';
import { STREAM_DOES_NOT_EXIST } from '@event-driven-io/emmett';
import { getPostgreSQLEventStore, readMessagesBatch } from '@event-driven-io/emmett-postgresql';
import pg from 'pg';

const [url, sample, connections] = process.argv.slice(2);
const { type, data, meta } = JSON.parse(readFileSync(sample, 'utf8'));
const pool = new pg.Pool({ connectionString: url, max: Number(connections) });
const store = getPostgreSQLEventStore(url, {
    schema: { autoMigration: 'None' },
    connectionOptions: { pooled: true, pool },
});
const reader = dumbo({ connectionString: url, pooled: true, pool });

async function append({ cell, callers, events, seconds, follow }) {
    const batch = Array.from({ length: events }, () => ({ type, data, metadata: meta }));
    const latencies = [];
    let failed = 0;
    let error = null;
    let done = false;
    const begin = performance.now();
    const end = begin + seconds * 1000;
    const caller = async (number) => {
        for (let n = 0; performance.now() < end; n++) {
            const asked = performance.now();
            try {
                await store.appendToStream(`${cell}-${number}-${n}`, batch, {
                    expectedStreamVersion: STREAM_DOES_NOT_EXIST,
                });
                latencies.push(Math.round((performance.now() - asked) * 1000));
            } catch (caught) {
                failed += 1;
                error = String(caught);
            }
        }
    };
    const following = follow ? followed(await last(), () => done) : null;
    await Promise.all(Array.from({ length: callers }, (_, number) => caller(number)));
    const took = (performance.now() - begin) / 1000;
    done = true;
    return { acked: latencies.length, failed, error, seconds: took, latencies_us: latencies, followed: await following };
}

// What a follower of its own sees: each event once, and never one behind another that it has already seen.
async function followed(after, done) {
    let seen = 0;
    let disorder = 0;
    let silent = 0;
    for (;;) {
        const last = done();
        const page = await readMessagesBatch(reader.execute, { after, batchSize: 1000 });
        for (const { metadata } of page.messages) {
            seen += 1;
            if (metadata.globalPosition <= after) disorder += 1;
            after = metadata.globalPosition;
        }
        silent = last && page.messages.length === 0 ? silent + 1 : 0;
        // Any open transaction in the cluster hides events from it: what may still come is waited for.
        if (silent === 100) return { seen, disorder };
        if (page.messages.length === 0) {
            await new Promise((resolve) => setTimeout(resolve, 5));
        }
    }
}

async function last() {
    const { rows } = await pool.query('SELECT coalesce(max(global_position), 0) AS last FROM emt_messages');
    return BigInt(rows[0].last);
}

async function read({ seconds, batch }) {
    const begin = performance.now();
    let events = 0;
    let disorder = 0;
    let after = 0n;
    while (performance.now() < begin + seconds * 1000) {
        const { messages } = await readMessagesBatch(reader.execute, { after, batchSize: batch });
        if (messages.length === 0) break;
        for (const { metadata } of messages) {
            if (metadata.globalPosition <= after) disorder += 1;
            after = metadata.globalPosition;
        }
        events += messages.length;
    }
    return { events, disorder, seconds: (performance.now() - begin) / 1000 };
}

const work = { migrate: () => store.schema.migrate().then(() => ({})), append, read };
for await (const line of createInterface({ input: process.stdin })) {
    const request = JSON.parse(line);
    console.log(JSON.stringify(await work[request.do](request)));
}
process.exit(0);
