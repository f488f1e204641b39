"""An S3 server that can be told to fail: moto's, in an environment of its own, with a door for the test.

moto needs older packages than we do. A POST of JSON to /_faults says what fails: {"kind": 500, 503 or "hang",
"first": n, "last": n or null, "every": n}: of the requests from now on, numbered from 1, those from the first to the
last at this pace. A request that hangs is not answered within a minute. A GET of /_faults tells how many have come
since, and how many of them were failed.
"""

import json
import sys
import threading
import time

from moto.server import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import make_server

SLOW = b"<Error><Code>%s</Code><Message>as told</Message></Error>"
NAMES = {500: ("500 Internal Server Error", b"InternalError"), 503: ("503 Slow Down", b"SlowDown")}


class Store:
    """The server behind the door."""

    def __init__(self):
        self.app = DomainDispatcherApplication(create_backend_app)
        self.plan, self.told = None, dict.fromkeys(("seen", "failed"), 0)
        self.lock = threading.Lock()

    def __call__(self, environ, start_response):
        if environ["PATH_INFO"] == "/_faults":
            return self._door(environ, start_response)
        with self.lock:
            self.told["seen"] += 1
            kind = self._fault(self.told["seen"])
            self.told["failed"] += kind is not None
        if kind == "hang":
            time.sleep(60)
        if kind is not None:
            status, code = NAMES.get(kind, NAMES[500])
            environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
            start_response(status, [("Content-Type", "application/xml"), ("Connection", "close")])
            return [SLOW % code]
        return self.app(environ, start_response)

    def _fault(self, n):
        p = self.plan
        if p is None or n < p["first"] or (p["last"] is not None and n > p["last"]):
            return None
        return p["kind"] if (n - p["first"]) % p["every"] == 0 else None

    def _door(self, environ, start_response):
        with self.lock:
            if environ["REQUEST_METHOD"] == "POST":
                self.plan = json.loads(environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"])))
                self.told = dict.fromkeys(self.told, 0)
            told = json.dumps(self.told).encode()
        start_response("200 OK", [("Content-Type", "application/json")])
        return [told]


if __name__ == "__main__":
    server = make_server("127.0.0.1", 0, Store(), threaded=True)
    sys.stdout.write(f"{server.server_port}\n")
    sys.stdout.flush()
    server.serve_forever()
