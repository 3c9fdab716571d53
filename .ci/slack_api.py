"""Slack's Web API as far as the bot calls it: answers yes, and writes each call into a file.

python3 slack_api.py FILE: FILE gets the address, FILE.calls one JSON line for each call.
"""

import http.server
import json
import sys
import urllib.parse

PROFILE = {"email": "ada@example.com", "first_name": "Ada", "last_name": "Lovelace", "real_name": "Ada Lovelace"}
ANSWERS = {
    "auth.test": {"url": "https://example.slack.com/", "team": "Example", "user": "vend", "team_id": "T1", "user_id": "U0VEND", "bot_id": "B1"},
    "users.info": {"user": {"id": "U1", "team_id": "T1", "name": "ada", "is_bot": False, "profile": PROFILE}},
}


class Slack(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        method = urllib.parse.urlsplit(self.path).path.rsplit("/", 1)[-1]
        body = self.rfile.read(int(self.headers.get("content-length", 0))).decode()
        said = json.loads(body) if body.startswith("{") else dict(urllib.parse.parse_qsl(body))
        said |= dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(self.path).query))
        with open(f"{sys.argv[1]}.calls", "a") as calls:
            calls.write(json.dumps({"method": method, "token": self.headers.get("authorization"), **said}) + "\n")
        answer = {"ok": True, **ANSWERS.get(method, {"channel": said.get("channel", "D1"), "ts": "1700000000.000200"})}
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.end_headers()
        self.wfile.write(json.dumps(answer).encode())

    do_GET = do_POST

    def log_message(self, *_):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Slack)
with open(sys.argv[1], "w") as address:
    address.write(f"http://127.0.0.1:{server.server_port}/api/")
server.serve_forever()
