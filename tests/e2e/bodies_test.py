"""Header fields and bodies in the log: which, how much of them, and what is taken out."""
import gzip
import json

import scope
import http_message as http
import sample
import wire
from capture_file import pcap
from mpsd import compact, session
from scope import Case, replay

PATH, TITLE, USER = sample.PATH, sample.TITLE, sample.USER
DOCUMENT = compact(session(TITLE, "s", [USER], 1))
KEYS = {"request_headers", "request_body", "request_body_cut", "response_headers", "response_body", "response_body_cut"}


def capture(*talks):
    segments = []
    for port, (request, response) in enumerate(talks, 20_000):
        talk = wire.Conversation(("10.20.0.11", port), sample.SERVER, start=wire.START + (port - 20_000) * 100_000_000).open()
        talk.client_sends(request).server_sends(response)
        segments += talk.close().segments
    return pcap(wire.frames(sorted(segments, key=lambda segment: segment.time)))


def put(body, fields=()):
    return http.request("PUT", PATH, [*USER.headers(), ("Content-Type", "application/json"), *fields], body)


def answer(status, body=b"", fields=()):
    return http.response(status, [("Content-Type", "application/json"), ("ETag", '"a1"'), *fields], body)


class Bodies(Case):
    def one(self, request, response, *options):
        found, = replay(capture((request, response)), options=["--bodies", "all", *options]).exchanges
        return found

    def test_which_exchanges(self):
        talks = capture((put(b'{"fine":1}'), answer(200, DOCUMENT)), (put(b'{"wrong":1}'), answer(200, b'{"members":{}}')))
        for options, bodies in (([], [None, '{"wrong":1}']), (["--bodies", "violations"], [None, '{"wrong":1}']),
                                (["--bodies", "none"], [None, None]), (["--bodies", "all"], ['{"fine":1}', '{"wrong":1}'])):
            with self.subTest(options=options):
                exchanges = replay(talks, options=options).exchanges
                self.assertEqual([one.get("request_body") for one in exchanges], bodies)
                self.assertEqual([bool(KEYS & set(one)) for one in exchanges], [body is not None for body in bodies])
                self.assertEqual([bool(one["violations"]) for one in exchanges], [False, True])

    def test_an_info_is_no_violation(self):
        twice = capture(*[(put(b'{"again":1}'), answer(200, DOCUMENT))] * 2)
        for options, body in (([], None), (["--severity", "repeated-call=warning"], '{"again":1}')):
            with self.subTest(options=options):
                found = replay(twice, options=options).exchanges[1]
                self.assertEqual([one["rule"] for one in found["violations"]], ["repeated-call"])
                self.assertEqual(found.get("request_body"), body)

    def test_keys_passwords_and_codes_get_nowhere(self):
        secret = "S3CRETVALUE"
        heads = [("Ocp-Apim-Subscription-Key", secret), ("x-functions-key", secret), ("Key", secret), ("X-Auth", secret)]
        document = {name: secret for name in ("pwd", "pass", "auth", "sas", "key", "code", "code_verifier", "client_secret", "assertion",
                                              "accountKey")}
        readable = {"code": 412, "reason": "full", "key": 7, "inner": {"code": "SessionFull"}}
        quoted = {"text": json.dumps({"password": f"ab'{secret}"}), "twice": json.dumps({"in": json.dumps({"token": f'a"{secret}'})})}
        form = f"grant_type=authorization_code&code={secret}&code_verifier={secret}&pwd={secret}&state=a%20b"
        found = self.one(put(compact({**document, "quoted": quoted}), heads), answer(200, compact(readable), heads))
        for part in ("request_headers", "response_headers"):
            self.assertEqual({name: value for name, value in found[part] if name in dict(heads)}, {name: "REDACTED" for name, _ in heads})
        body = json.loads(found["request_body"])
        self.assertEqual({name: body[name] for name in document}, {name: "REDACTED" for name in document})
        self.assertEqual(json.loads(body["quoted"]["text"]), {"password": "REDACTED"})
        self.assertEqual(json.loads(json.loads(body["quoted"]["twice"])["in"]), {"token": "REDACTED"})
        self.assertEqual(json.loads(found["response_body"]), readable)
        sent = self.one(put(form.encode()), answer(200, DOCUMENT))
        self.assertEqual(sent["request_body"], form.replace(secret, "REDACTED"))

    def test_heads_and_bodies_as_they_were(self):
        found = self.one(put(b'{"a" : [1.50]}', [("X-Twice", "1"), ("x-twice", "2")]), answer(200, DOCUMENT))
        self.assertEqual(found["request_body"], '{"a" : [1.50]}')
        self.assertEqual(json.loads(found["response_body"]), json.loads(DOCUMENT))
        self.assertEqual([line for line in found["request_headers"] if line[0].lower() == "x-twice"], [["X-Twice", "1"], ["x-twice", "2"]])
        self.assertIn(["ETag", '"a1"'], found["response_headers"])
        self.assertIn(["Authorization", "REDACTED"], found["request_headers"])

    def test_decompressed_cut_and_safe(self):
        self.assertEqual(self.one(put(b"{}"), answer(200, gzip.compress(DOCUMENT), [("Content-Encoding", "gzip")]))["response_body"],
                         DOCUMENT.decode())
        damaged = self.one(put(b"{}"), answer(200, b"\x1f\x8bxxxx", [("Content-Encoding", "gzip")]))
        self.assertNotIn("response_body", damaged)
        odd = self.one(put(b"{}"), answer(400, b'a\x00\x1b[2J\xff\xe2\x80\xae"'))
        self.assertEqual(odd["response_body"], 'a\x00\x1b[2J\ufffd\u202e"')
        long = "é" * 20_000
        found = self.one(put(long.encode()), answer(400, b"x" * 16_384))
        self.assertEqual((found["request_body"], found["request_body_cut"]), ("é" * 8_192, True))
        self.assertEqual((len(found["response_body"]), "response_body_cut" in found), (16_384, False))
        found = self.one(put(long.encode()), answer(400, b"x" * 6), "--max-logged-body", "5")
        self.assertEqual([found[key] for key in ("request_body", "request_body_cut", "response_body", "response_body_cut")],
                         ["éé", True, "xxxxx", True])
        found = self.one(put(b"x" * 3000), answer(400, b"y"), "--max-body", "2000")
        self.assertEqual((found["request_body"], found["request_body_cut"]), ("x" * 2000, True))

    def test_persons_are_masked_when_asked(self):
        body = compact({"members": {"me": {"constants": {"system": {"xuid": "2814646326226712"}}, "gamertag": 'Al "the" Pha', "xuid": 17}}})
        found = self.one(put(body, [("X-Xbl-Debug", "gamertag=AlPha")]), answer(204), "--redact-personal")
        text = json.dumps(found)
        for person in ("2814646326226712", "Pha", "Al "):
            self.assertNotIn(person, text)
        member = json.loads(found["request_body"])["members"]["me"]
        self.assertRegex(member["gamertag"], "^gamertag-[0-9a-f]{10}$")
        self.assertRegex(member["xuid"], "^user-[0-9a-f]{10}$")
        self.assertEqual(member["constants"]["system"]["xuid"], found["user_id"])

    def test_any_number_of_threads_gives_the_same_log(self):
        talks = capture(*((put(b'{"n":%d}' % i), answer(200, b"{}")) for i in range(40)))
        logs = {replay(talks, options=["--bodies", "all", "--threads", threads]).body() for threads in (1, 3)}
        self.assertEqual(len(logs), 1)


if __name__ == "__main__":
    scope.main()
