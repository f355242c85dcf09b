"""Sessions followed over time: `replay --sessions` against golden stories, as text and as records."""
import os
import re
import sys

import scope
from scope import GOLDEN, PLAYTEST, Case, replay, run

STORIES = os.path.join(GOLDEN, "stories")
sys.path.insert(0, STORIES)

import generate


def captured(name):
    """The capture of a story, made anew."""
    story = generate.Story()
    generate.STORIES[name](story)
    path = scope.scratch(name + ".pcap")
    story.write(path)
    return path


def sessions_of(text):
    """What pretty output says of the sessions."""
    lines = text.splitlines(keepends=True)
    begin = next(i for i, line in enumerate(lines) if line.startswith("Session "))
    end = next(i for i in range(begin, len(lines)) if lines[i].startswith(("Responses by row", "Summary")))
    return "".join(lines[begin:end]).rstrip() + "\n"


def pretty(capture, *options):
    done = run("replay", "--format", "pretty", "--color", "never", "--width", "120", *options, capture)
    if done.code != 0:
        raise AssertionError(done.err)
    return done.out.decode()


class Golden(Case):
    def test_stories_read_as_they_should(self):
        for name in generate.STORIES:
            with self.subTest(story=name):
                with open(os.path.join(STORIES, name + ".txt"), encoding="utf-8") as file:
                    self.assertEqual(sessions_of(pretty(captured(name), "--sessions")), file.read())

    def test_tail_tells_them_as_replay_does(self):
        for name in generate.STORIES:
            for options in (("--width", "120"), ("--width", "60"), ("--width", "120", "--color", "always")):
                with self.subTest(story=name, options=options):
                    log = replay(captured(name), options=["--sessions"]).out
                    shown = run("tail", "--format", "pretty", *options, "-", stdin=log)
                    self.assertEqual((shown.code, shown.err), (0, ""))
                    told = run("replay", "--format", "pretty", *options, "--sessions", captured(name)).out.decode()
                    self.assertIn(re.search(r"(\x1b\[1m)?Session .*?(?=\n\n(\x1b\[1m)?(Responses|Summary))", told, re.S)[0], shown.out.decode())

    def test_every_width_holds_every_event(self):
        capture = captured("conflict-stale")
        for width in (20, 40, 72, 80, 100, 160):
            with self.subTest(width=width):
                done = run("replay", "--format", "pretty", "--color", "never", "--width", width, "--sessions", capture)
                lines = sessions_of(done.out.decode()).splitlines()
                self.assertLessEqual(max(map(len, lines)), width)
                self.assertEqual(sum(bool(re.match(r"  15:00:0\d\.\d{3}  \S", line)) for line in lines), 5)


class Records(Case):
    def record(self, name, *options):
        done = replay(captured(name), options=["--sessions", *options])
        records = done.of_type("session")
        self.assertEqual(len(records), 1)
        return records[0]

    def test_record_of_a_whole_life(self):
        record = self.record("create-join-leave")
        self.assertEqual([event["event"] for event in record["events"]],
                         ["absent", "created", "updated", "read", "dry-run", "unchanged", "updated", "deleted", "absent"])
        maren, idris = generate.MAREN.xuid, generate.IDRIS.xuid
        self.assertEqual((record["created"]["user"], record["deleted"]["user"]), (maren, maren))
        self.assertEqual([(writer["user"], writer["writes"]) for writer in record["writers"]], [(maren, 2), (idris, 2)])
        self.assertEqual([event.get("joined", []) for event in record["events"][1:3]], [[maren], [idris]])
        self.assertEqual([event.get("left", []) for event in record["events"][6:8]], [[idris], [maren]])
        self.assertEqual([event.get("chain") for event in record["events"]],
                         [None, "first", "moved", "same", None, None, "moved", None, None])
        self.assertNotIn("etag", record["events"][4])
        self.assertEqual(record["changes"], 2)
        self.assertEqual((record["scid"], record["template"], record["session"]),
                         (generate.TITLE.scid, generate.TITLE.template, generate.NAME))

    def test_events_name_their_exchanges(self):
        capture = captured("handle-join")
        done = replay(capture, options=["--sessions"])
        exchanges = {(one["conn"], one["stream"]): one for one in done.exchanges}
        for event in done.of_type("session")[0]["events"]:
            self.assertEqual(exchanges[event["conn"], event["stream"]]["ts"], event["ts"])

    def test_conflicts_and_their_ends(self):
        stale = self.record("conflict-stale")
        self.assertEqual(stale["conflicts"], {"overwritten": 1, "stale-retry": 1})
        first, second = [event["conflict"] for event in stale["events"] if "conflict" in event]
        self.assertEqual(first["refused_etag"], generate.TAGS[1])
        self.assertEqual(first["moved_by"], {"by": "write", "user": generate.IDRIS.xuid, "title_id": "0A6D2730"})
        self.assertEqual((first["resolution"], second["resolution"]), ("stale-retry", "overwritten"))
        self.assertEqual(first["resolved_ts"], stale["events"][3]["ts"])
        self.assertEqual(self.record("conflict-adopted")["conflicts"], {"adopted": 1})

    def test_calls_by_handle_are_of_the_session(self):
        done = replay(captured("handle-join"))
        by_handle = [exchange for exchange in done.exchanges if exchange["target"].endswith("by-handle")]
        self.assertEqual([(one["session"], one["title_id"]) for one in by_handle], [(generate.NAME, "0A6D2730")] * 3)

    def test_one_session_by_any_of_its_names(self):
        capture = captured("taps")
        whole = f"{generate.TITLE.scid}~{generate.TITLE.template}~{generate.NAME}"
        self.assertEqual(len(replay(capture, options=["--sessions"]).of_type("session")), 2)
        for name in (generate.NAME, generate.NAME.upper(), whole, whole.lower()):
            found = replay(capture, options=["--session", name])
            self.assertEqual([record["session"] for record in found.of_type("session")], [generate.NAME])
        missing = replay(capture, options=["--session", "Harbour-0002"])
        self.assertEqual(missing.of_type("session"), [])
        self.assertIn("none of the 2 sessions", missing.err)
        self.assertEqual(replay(capture, options=["--session", ""], code=None).code, 2)

    def test_only_when_asked_for(self):
        done = replay(captured("taps"))
        self.assertEqual(done.of_type("session"), [])
        self.assertNotIn("sessions", done.summary)
        self.assertEqual(replay(captured("taps"), options=["--sessions"]).summary["sessions"], {"followed": 2})

    def test_hostile_names_move_no_cursor(self):
        story = generate.Story()
        player = generate.Player(story, generate.MAREN)
        path = generate.TITLE.session("a%1b%5b31m%0a%e2%80%ae%ff~b")
        player.call("PUT", path, 201, answer=generate.document([generate.MAREN], 1), ETag='"\x9b\x1b"', if_None_Match="*")
        player.call("PUT", path + "/members/me%07", 404, if_Match='"\x1b[2J"')
        capture = scope.scratch("hostile.pcap")
        story.write(capture)
        self.assertNotRegex(pretty(capture, "--sessions"), "[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]")
        record = replay(capture, options=["--sessions"]).of_type("session")[0]
        self.assertEqual(record["session"], "a\x1b[31m\n\u202e\ufffd~b")

    def test_threads_change_nothing(self):
        for capture in (PLAYTEST, captured("taps")):
            one = replay(capture, options=["--sessions", "--threads", 1]).body()
            self.assertEqual(replay(capture, options=["--sessions", "--threads", 8]).body(), one)

    def test_nobody_is_named_when_masked(self):
        done = replay(captured("taps"), options=["--sessions", "--redact-personal"])
        text = done.out.decode() + pretty(captured("taps"), "--sessions", "--redact-personal")
        for user in (generate.MAREN, generate.IDRIS):
            self.assertNotIn(user.xuid, text)
        self.assertIn("user-", text)


if __name__ == "__main__":
    scope.main()
