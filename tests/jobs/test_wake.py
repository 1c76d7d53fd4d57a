"""Huey's own tables: created once, however many processes start at the same time."""

import threading
from dataclasses import replace

import psycopg
import pytest

from sergio.jobs import wake

TABLES = "huey_kv", "huey_schedule", "huey_task", "huey_counter"


def test_processes_that_start_together_all_get_their_huey(app):
    if not app.config["SERGIO"].database_url:
        pytest.skip("in a file there is nothing to race for")
    dsn = app.config["SERGIO"].database_url.replace("+psycopg", "")
    wrong = []
    for _ in range(5):
        with psycopg.connect(dsn, autocommit=True) as connection:
            connection.execute(f"DROP TABLE IF EXISTS {', '.join(TABLES)}")
        together = threading.Barrier(6)

        def begin(together=together):
            together.wait()
            try:
                wake.postgres_huey(dsn).storage.close()
            except Exception as error:
                wrong.append(error)

        starts = [threading.Thread(target=begin) for _ in range(6)]
        [start.start() for start in starts]
        [start.join() for start in starts]
    assert wrong == []


def test_a_wake_up_does_not_wait_for_the_disk(app, tmp_path):
    url = app.config["SERGIO"].database_url
    huey = wake.huey_for(replace(app.config["SERGIO"], env="development", instance=tmp_path))
    with huey.storage.db() as cursor:
        if url:
            set_by = "SELECT setting, source FROM pg_settings WHERE name = 'synchronous_commit'"
            assert cursor.execute(set_by).fetchone() == ("off", "client")
        else:
            pragmas = [cursor.execute(f"PRAGMA {name}").fetchone()[0] for name in ("journal_mode", "synchronous")]
            assert pragmas == ["wal", 1]
    huey.storage.close()
