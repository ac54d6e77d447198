"""nginx in front of web processes, with the configuration that docs/deploy gives to operators."""

from __future__ import annotations

import contextlib
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

from faults.servers import ROOT
from support import services

# What the system's package keeps where only root may write.
TEMPORARY = "".join(f"{name}_temp_path {name};\n" for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))


def configuration(ports: list[int], port: int) -> str:
    """Return the server of docs/deploy/nginx.conf in front of other ports, without its certificate."""
    given = (ROOT / "docs/deploy/nginx.conf").read_text("utf-8")
    for number, asked in enumerate(ports, start=8001):
        given = given.replace(f"127.0.0.1:{number} ", f"127.0.0.1:{asked} ")
    plain = re.sub(r"    ssl_.*\n", "", given[: given.rindex("server {")]).replace("listen 443 ssl http2;", f"listen 127.0.0.1:{port};")
    return f"daemon off;\npid nginx.pid;\nerror_log stderr;\nevents {{}}\nhttp {{\naccess_log off;\n{TEMPORARY}{plain}}}\n"


@contextlib.contextmanager
def nginx(folder: Path, *ports: int) -> Iterator[int]:
    """Run nginx in front of the processes on these ports; yields its own port. What it complains of is in `nginx.log` below the folder."""
    port = services.free_port()
    (folder / "nginx.conf").write_text(configuration(list(ports), port))
    with (folder / "nginx.log").open("wb") as log:
        process = subprocess.Popen(["nginx", "-e", "stderr", "-p", folder, "-c", folder / "nginx.conf"], stderr=log)
        try:
            services.wait_for(port, 20)
            yield port
        finally:
            process.terminate()
            process.wait(timeout=20)
