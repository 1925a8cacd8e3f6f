"""eventsourcing's Postgres recorder, driven as the runner asks: a JSON object a line in, one out."""

import json
import sys
from threading import Thread
from time import perf_counter, sleep
from urllib.parse import urlsplit
from uuid import NAMESPACE_URL, uuid5

from eventsourcing.persistence import StoredEvent
from eventsourcing.postgres import PostgresApplicationRecorder, PostgresDatastore


def recorder_at(url: str, connections: int) -> PostgresApplicationRecorder:
    parts = urlsplit(url)
    datastore = PostgresDatastore(
        dbname=parts.path[1:],
        host=parts.hostname,
        port=parts.port,
        user=parts.username,
        password=parts.password,
        pool_size=connections,
        connect_timeout=30,
    )
    return PostgresApplicationRecorder(datastore)


class Caller(Thread):
    def __init__(self, prefix: str, events: int, end: float) -> None:
        super().__init__()
        self.prefix, self.events, self.end = prefix, events, end
        self.latencies: list[int] = []
        self.failed = 0
        self.error: str | None = None

    def run(self) -> None:
        number = 0
        while (asked := perf_counter()) < self.end:
            stream = uuid5(NAMESPACE_URL, f"{self.prefix}-{number}")
            number += 1
            try:
                recorder.insert_events(
                    [StoredEvent(stream, 1 + it, kind, state) for it in range(self.events)]
                )
                self.latencies.append(round((perf_counter() - asked) * 1e6))
            except Exception as error:  # noqa: BLE001  Counted, and told.
                self.failed += 1
                self.error = repr(error)


class Follower(Thread):
    """What a follower of its own sees: each event once, and never one behind another it has already seen."""

    def __init__(self) -> None:
        super().__init__()
        self.after = recorder.max_notification_id() or 0
        self.seen = self.disorder = 0
        self.last_look = False

    def run(self) -> None:
        while True:
            last = self.last_look
            page = recorder.select_notifications(self.after, 1000, inclusive_of_start=False)
            for notification in page:
                self.seen += 1
                self.disorder += notification.id <= self.after
                self.after = notification.id
            if not page:
                if last:
                    return
                sleep(0.005)


def append(request: dict) -> dict:
    follower = Follower() if request.get("follow") else None
    begin = perf_counter()
    end = begin + request["seconds"]
    callers = [
        Caller(f"{request['cell']}-{it}", request["events"], end) for it in range(request["callers"])
    ]
    threads = callers + ([follower] if follower else [])
    for it in threads:
        it.start()
    for it in callers:
        it.join()
    took = perf_counter() - begin
    if follower:
        follower.last_look = True
        follower.join()
    latencies = [latency for it in callers for latency in it.latencies]
    return {
        "acked": len(latencies),
        "failed": sum(it.failed for it in callers),
        "error": next((it.error for it in callers if it.error), None),
        "seconds": took,
        "latencies_us": latencies,
        "followed": {"seen": follower.seen, "disorder": follower.disorder} if follower else None,
    }


def read(request: dict) -> dict:
    begin = perf_counter()
    events = disorder = after = 0
    while perf_counter() < begin + request["seconds"]:
        page = recorder.select_notifications(after, request["batch"], inclusive_of_start=False)
        if not page:
            break
        for notification in page:
            disorder += notification.id <= after
            after = notification.id
        events += len(page)
    return {"events": events, "disorder": disorder, "seconds": perf_counter() - begin}


def migrate(_: dict) -> dict:
    recorder.create_table()
    return {}


if __name__ == "__main__":
    url, sample, connections = sys.argv[1:]
    with open(sample, encoding="utf-8") as file:
        event = json.load(file)
    kind = event["type"]
    # Its events have no metadata of their own: they travel in the state.
    state = json.dumps([event["data"], event["meta"]], separators=(",", ":")).encode()
    recorder = recorder_at(url, int(connections))
    work = {"migrate": migrate, "append": append, "read": read}
    for line in sys.stdin:
        request = json.loads(line)
        print(json.dumps(work[request["do"]](request)), flush=True)
    recorder.datastore.close()
