"""Runs a command from a process so small that the peak of memory is the command's own.

    peak.py SECONDS FILE COMMAND...

FILE gets the peak in KiB; the exit status is the command's, or 137 when it took too long.
"""

import os
import signal
import sys

pid = os.fork()
if pid == 0:
    os.execv(sys.argv[3], sys.argv[3:])
signal.signal(signal.SIGALRM, lambda *_: os.kill(pid, signal.SIGKILL))
signal.alarm(int(sys.argv[1]))
_, status, usage = os.wait4(pid, 0)
with open(sys.argv[2], "w", encoding="ascii") as out:
    out.write(str(usage.ru_maxrss))
code = os.waitstatus_to_exitcode(status)
sys.exit(code if code >= 0 else 128 - code)
