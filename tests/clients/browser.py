"""Types into the form of http_server's page in headless Chromium, sends it, and prints the page that comes back.

    browser.py CHROMIUM URL TEXT

The browser is controlled through pipes (`--remote-debugging-pipe`), whose messages end with a NUL, so no library is
needed. The protocol: https://chromedevtools.github.io/devtools-protocol/
"""

import fcntl
import json
import os
import select
import subprocess
import sys
import tempfile
import time

TIMEOUT = 60

# As root, as in a container, Chromium starts without its sandbox only. The page is our own.
FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--remote-debugging-pipe"]


class Browser:
    """A browser with one page."""

    def __init__(self, program, profile):
        # Chromium reads commands from descriptor 3, and writes answers and events to 4. Both pipes are above these.
        commands, self.commands = (fcntl.fcntl(end, fcntl.F_DUPFD, 10) for end in os.pipe())
        self.answers, answers = (fcntl.fcntl(end, fcntl.F_DUPFD, 10) for end in os.pipe())
        start = f'exec "$@" 3<&{commands} 4>&{answers}'
        self.process = subprocess.Popen(
            ["bash", "-c", start, "bash", program, *FLAGS, f"--user-data-dir={profile}", "about:blank"],
            pass_fds=(commands, answers),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        os.close(commands)
        os.close(answers)
        self.deadline = time.monotonic() + TIMEOUT
        self.unread = b""
        self.last_id = 0
        self.events = []
        self.session = None
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self.session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        self.call("Page.enable")

    def call(self, method, **params):
        """Calls a method, and returns its result."""
        self.last_id += 1
        message = {"id": self.last_id, "method": method, "params": params}
        if self.session:
            message["sessionId"] = self.session
        os.write(self.commands, json.dumps(message).encode() + b"\0")
        while True:
            answer = self.next_message()
            if answer.get("id") == self.last_id:
                if "error" in answer:
                    raise ValueError(f"{method}: {answer['error']['message']}")
                return answer["result"]
            self.events.append(answer.get("method"))

    def await_event(self, name):
        """Waits for the next event of this name."""
        while name not in self.events:
            self.events.append(self.next_message().get("method"))
        self.events.clear()

    def next_message(self):
        while b"\0" not in self.unread:
            if not select.select([self.answers], [], [], max(0, self.deadline - time.monotonic()))[0]:
                raise TimeoutError("the browser does not answer")
            piece = os.read(self.answers, 65536)
            if not piece:
                raise EOFError("the browser has ended")
            self.unread += piece
        message, _, self.unread = self.unread.partition(b"\0")
        return json.loads(message)

    def evaluate(self, script):
        return self.call("Runtime.evaluate", expression=script, returnByValue=True)["result"].get("value")

    def close(self):
        self.process.kill()
        self.process.wait()


def main(program, url, text):
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        browser = Browser(program, profile)
        try:
            browser.call("Page.navigate", url=url)
            browser.await_event("Page.loadEventFired")
            browser.evaluate("document.querySelector('textarea').select()")
            browser.call("Input.insertText", text=text)
            browser.events.clear()
            browser.evaluate("document.querySelector('button').click()")
            browser.await_event("Page.loadEventFired")
            print(browser.evaluate("document.body.innerText").strip())
        finally:
            browser.close()


if __name__ == "__main__":
    try:
        main(*sys.argv[1:])
    except (OSError, EOFError, ValueError, KeyError) as error:
        sys.exit(f"{type(error).__name__}: {error}")
