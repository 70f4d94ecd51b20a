"""Kills a program when it talks to a server, and says whether it left a core.

    core.py ABRT|SEGV FOLDER PROGRAM ARGUMENT...

The settings in FOLDER get a server that never answers. Cores are allowed as far as we may. Prints
the signal that ended the program and 1 if a core was made, else 0.
"""

import os
import re
import resource
import signal
import socket
import subprocess
import sys
from pathlib import Path

folder, command = Path(sys.argv[2]), sys.argv[3:]
server = socket.create_server(("127.0.0.1", 0))
server.settimeout(60)
settings = folder / "depmend.yaml"
settings.write_text(re.sub(r"127\.0\.0\.1:\d+", f"127.0.0.1:{server.getsockname()[1]}", settings.read_text()))
most = resource.getrlimit(resource.RLIMIT_CORE)[1]
resource.setrlimit(resource.RLIMIT_CORE, (most, most))
environment = {k: v for k, v in os.environ.items() if k != "DEPMEND_CLOCK"}
child = subprocess.Popen(command, cwd=folder, env=environment, stdin=subprocess.DEVNULL,
    stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
server.accept()
os.kill(child.pid, getattr(signal, "SIG" + sys.argv[1]))
status = os.waitpid(child.pid, 0)[1]
print(signal.Signals(os.WTERMSIG(status)).name[3:], int(os.WCOREDUMP(status)))
