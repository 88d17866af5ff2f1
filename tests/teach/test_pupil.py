"""The process that learns ends as by Ctrl-C when whoever began it is gone."""

import subprocess
import sys

SLEEPS = """
import runpy, time
def sleep(*args, **kwargs):
    try:
        print("begun", flush=True)
        time.sleep(60)
    except KeyboardInterrupt:
        print("saved", flush=True)
        raise SystemExit(130)
runpy.run_module = sleep
from kerasrecipes.teach import pupil
pupil.main()
"""


def test_it_stops_when_standard_input_ends():
    command = [sys.executable, "-c", SLEEPS]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout.readline() == b"begun\n" and process.poll() is None
        process.stdin.close()
        assert process.stdout.readline() == b"saved\n"
        assert process.wait(10) == 130


def test_it_is_the_program():
    command = [sys.executable, "-m", "kerasrecipes.teach.pupil", "nonsense"]
    # Its input stays open, as that of a training that is wanted.
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe) as process:
        said = process.stderr.read()
        assert process.wait(60) == 2
    assert b"nonsense" in said and b"Traceback" not in said
