"""Servers for tests: PostgreSQL and Redis of our own, started in a temporary folder and ended with it; the browser, if there is one."""

from __future__ import annotations

import contextlib
import json
import os
import pwd
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import boto3
import psycopg

# Without these Chromium talks to its maker's servers at every start.
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]


def free_port() -> int:
    """Return a port that nobody listens on, below those that connections are given: a server that is restarted finds it free."""
    for port in random.SystemRandom().sample(range(20_000, 32_000), 100):
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
    raise OSError("no port is free")


def chromium() -> str | None:
    """Return the path of a Chromium, or None."""
    return next((path for name in ("chromium", "chromium-browser", "google-chrome") if (path := shutil.which(name))), None)


def postgres_programs() -> Path | None:
    """Return the folder of PostgreSQL's programs, or None."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if found:
        return found[-1].parent
    initdb = shutil.which("initdb")
    return Path(initdb).parent if initdb else None


def _unprivileged() -> list[str]:
    """Return what must stand before a command so that PostgreSQL, which refuses root, accepts it."""
    if os.getuid() != 0:
        return []
    for name in ("postgres", "nobody"):
        with contextlib.suppress(KeyError):
            pwd.getpwnam(name)
            return ["setpriv", f"--reuid={name}", f"--regid={pwd.getpwnam(name).pw_gid}", "--clear-groups"]
    return []


@contextlib.contextmanager
def postgres() -> Iterator[str]:
    """Run a PostgreSQL server of our own; give its address without a database name, `postgresql+psycopg://…:port/`."""
    programs = postgres_programs()
    assert programs is not None, "no PostgreSQL here"
    home = Path(tempfile.mkdtemp(prefix="peduli-pg-", dir="/dev/shm" if Path("/dev/shm").is_dir() else None))
    before = _unprivileged()
    if before:
        shutil.chown(home, before[1].partition("=")[2])
    port = free_port()
    data = home / "data"
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.STDOUT, "cwd": "/"}
    subprocess.run(
        [*before, programs / "initdb", "-D", data, "-U", "peduli", "-A", "trust", "--no-sync", "-E", "UTF8", "--locale=C.UTF-8"],
        check=True,
        **quiet,
    )
    options = f"-p {port} -k {home} -c listen_addresses=127.0.0.1 -c fsync=off -c synchronous_commit=off -c full_page_writes=off -c max_connections=60"
    subprocess.run([*before, programs / "pg_ctl", "-D", data, "-w", "-l", home / "log", "-o", options, "start"], check=True, **quiet)
    try:
        # Roles belong to the whole server; made here, once, so that workers do not make it at the same time.
        with psycopg.connect(f"postgresql://peduli@127.0.0.1:{port}/postgres", autocommit=True) as connection:
            connection.execute("CREATE ROLE peduli_supervision NOLOGIN")
        yield f"postgresql+psycopg://peduli@127.0.0.1:{port}/"
    finally:
        subprocess.run([*before, programs / "pg_ctl", "-D", data, "-m", "immediate", "stop"], check=False, **quiet)
        shutil.rmtree(home, ignore_errors=True)


@contextlib.contextmanager
def redis() -> Iterator[str]:
    """Run a Redis server of our own; give its address."""
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="peduli-redis-") as home:
        process = subprocess.Popen(
            ["redis-server", "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir", home],
            stdout=subprocess.DEVNULL,
        )
        try:
            wait_for(port)
            yield f"redis://127.0.0.1:{port}/0"
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(timeout=10)


@contextlib.contextmanager
def bucket() -> Iterator[dict[str, str]]:
    """Run a server of our own that speaks S3 and checks signatures; give the variables by which a program finds its bucket `peduli`."""
    port = free_port()
    command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    # The first four acts make an account with a key and the bucket; from then on every request must be signed with that key.
    process = subprocess.Popen(
        command, env={**os.environ, "INITIAL_NO_AUTH_ACTION_COUNT": "4"}, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        wait_for(port)
        place = {"endpoint_url": f"http://127.0.0.1:{port}", "region_name": "us-east-1"}
        nobody = {"aws_access_key_id": "nobody", "aws_secret_access_key": "nobody"}
        people = boto3.client("iam", **place, **nobody)
        people.create_user(UserName="peduli")
        policy = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]}
        people.put_user_policy(UserName="peduli", PolicyName="files", PolicyDocument=json.dumps(policy))
        key = people.create_access_key(UserName="peduli")["AccessKey"]
        boto3.client("s3", **place, **nobody).create_bucket(Bucket="peduli")
        yield {
            "AWS_ENDPOINT_URL": place["endpoint_url"],
            "AWS_REGION": place["region_name"],
            "AWS_ACCESS_KEY_ID": key["AccessKeyId"],
            "AWS_SECRET_ACCESS_KEY": key["SecretAccessKey"],
        }
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=10)


def wait_for(port: int, seconds: float = 30) -> None:
    """Wait until somebody listens on a port. Raises TimeoutError."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        with socket.socket() as probe:
            probe.settimeout(0.5)
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise TimeoutError(f"nobody listens on {port}")
