"""Deliveries signed by slack_sdk, as Slack sends them: taken once, answered once, refused when forged.

python3 slack_sdk_check.py URL CALLS: CALLS is where slack_api.py writes what the bot called.
"""

import json
import sys
import time
import urllib.error
import urllib.parse
import urllib.request

from slack_sdk.signature import SignatureVerifier

URL, CALLS = sys.argv[1:]
SIGNER = SignatureVerifier("8f742231b10e8888abcd99yyyzzz85a5")
JSON, FORM = "application/json", "application/x-www-form-urlencoded"
GREETING = "Hi, I would like a new account please!"
ANSWER = "Hi Ada, what account type do you want? Production or Sandbox?"


def send(path, body, kind, at=None, signature=None, headers=()):
    at = at or str(int(time.time()))
    signature = signature or SIGNER.generate_signature(timestamp=at, body=body)
    signed = {"content-type": kind, "X-Slack-Request-Timestamp": at, "X-Slack-Signature": signature, **dict(headers)}
    request = urllib.request.Request(URL + path, data=body.encode(), headers=signed)
    try:
        with urllib.request.urlopen(request, timeout=3) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def event(nth, text):
    said = {"type": "message", "channel_type": "im", "channel": "D1", "user": "U1", "text": text, "ts": f"{nth}.000100"}
    return json.dumps({"type": "event_callback", "team_id": "T1", "event_id": f"Ev{nth}", "event": said}, ensure_ascii=False)


def posted(method, text):
    """How many calls of this method had this text, once there is one; a second more for those too many."""
    def found():
        try:
            with open(CALLS) as calls:
                return sum(call["method"] == method and text in json.dumps(call, ensure_ascii=False) for call in map(json.loads, calls))
        except FileNotFoundError:
            return 0
    end = time.time() + 15
    while not found() and time.time() < end:
        time.sleep(0.1)
    time.sleep(1)
    return found()


def check(what, found, expected):
    assert found == expected, f"{what}: {found!r}, expected {expected!r}"
    print(f"  {what}")


challenge = json.dumps({"type": "url_verification", "challenge": "3eZbrw1aB", "token": "x"})
check("the address is confirmed", send("/slack/events", challenge, JSON), (200, "3eZbrw1aB"))
for nth in range(4):
    retried = {"X-Slack-Retry-Num": str(nth), "X-Slack-Retry-Reason": "http_timeout"} if nth else {}
    check(f"a message, delivery {nth + 1}", send("/slack/events", event(1, GREETING), JSON, headers=retried)[0], 200)
check("it is answered once, word for word", posted("chat.postMessage", ANSWER), 1)
check("umlauts and emoji are signed as bytes", send("/slack/events", event(2, "Zürich 🚀"), JSON)[0], 200)
command = {"team_id": "T1", "user_id": "U1", "channel_id": "C1", "command": "/account", "text": "", "trigger_id": "1.2.3"}
check("a command", send("/slack/commands", urllib.parse.urlencode(command), FORM), (200, ""))
check("it opens one form", posted("views.open", "1.2.3"), 1)
check("the certificate check", send("/slack/commands", "ssl_check=1&token=x", FORM)[0], 200)
late = str(int(time.time()) - 301)
for path in ("/slack/events", "/slack/commands", "/slack/interactions", "/account"):
    check(f"forged at {path}", send(path, event(3, "no"), JSON, signature="v0=" + "0" * 64)[0], 401)
    check(f"five minutes old at {path}", send(path, event(3, "no"), JSON, at=late)[0], 401)
