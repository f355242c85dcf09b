"""The configuration: where it is found, what goes over what, and what is refused."""
import os

import scope
from scope import PLAYTEST, Case, replay, run

import sample
import wire
from capture_file import pcap


def config(text):
    return scope.file(text, "config.toml")


def play(*options, environment=None, code=0):
    trace = scope.file(pcap(wire.frames(sample.plain().segments)))
    done = run("replay", "--format", "jsonl", *options, trace, environment=environment)
    if done.code != code:
        raise AssertionError(f"exit {done.code}: {done.err}")
    return done


def severity(done, rule):
    found = {violation["severity"] for exchange in done.exchanges for violation in exchange["violations"] if violation["rule"] == rule}
    return found.pop() if found else "off"


RULE = "429-no-retry-after"


class Configuration(Case):
    def test_flags_over_environment_over_file(self):
        file = config(f'[severity]\n{RULE} = "info"\n')
        self.assertEqual(severity(play(), RULE), "error")
        self.assertEqual(severity(play("--config", file), RULE), "info")
        environment = {"MPSDSCOPE_SEVERITY": f"{RULE}=warning"}
        self.assertEqual(severity(play("--config", file, environment=environment), RULE), "warning")
        self.assertEqual(severity(play("--config", file, "--severity", f"{RULE}=off", environment=environment), RULE), "off")
        # Wherever the flag stands.
        self.assertEqual(severity(play("--severity", f"{RULE}=off", f"--config={file}"), RULE), "off")

    def test_where_the_file_is(self):
        home = scope.scratch("home")
        usual = os.path.join(home, ".config", "mpsdscope", "config.toml")
        os.makedirs(os.path.dirname(usual))
        environment = {"HOME": home, "XDG_CONFIG_HOME": "", "MPSDSCOPE_CONFIG": ""}
        done = run("config", "--path", environment=environment)
        self.assertEqual((done.code, done.out.decode()), (0, usual + "\n"))
        self.assertIn("no such file yet", done.err)
        self.assertEqual(severity(play(environment=environment), RULE), "error")
        with open(usual, "w") as file:
            file.write(f'[severity]\n{RULE} = "info"\n')
        self.assertEqual(severity(play(environment=environment), RULE), "info")
        xdg = scope.scratch("xdg")
        environment["XDG_CONFIG_HOME"] = xdg
        self.assertEqual(run("config", "--path", environment=environment).out.decode(), f"{xdg}/mpsdscope/config.toml\n")
        self.assertEqual(severity(play(environment=environment), RULE), "error")
        environment["MPSDSCOPE_CONFIG"] = usual
        self.assertEqual(severity(play(environment=environment), RULE), "info")
        self.assertEqual(run("config", "--path", "--config", "x.toml", environment=environment).out, b"x.toml\n")

    def test_a_named_file_must_be_there(self):
        done = run("replay", "--config", "/nowhere/c.toml", PLAYTEST)
        self.assertEqual((done.code, done.out), (2, b""))
        self.assertIn("there is no configuration /nowhere/c.toml (named by --config)", done.err)
        done = run("config", environment={"MPSDSCOPE_CONFIG": "/nowhere/c.toml"})
        self.assertEqual(done.code, 2)
        self.assertIn("named by MPSDSCOPE_CONFIG", done.err)
        done = run("replay", "--config", "/", PLAYTEST)
        self.assertEqual(done.code, 2)
        self.assertIn("cannot read the configuration /", done.err)

    def test_mistakes_are_refused_with_line_and_column(self):
        for text, error in (("[severity]\n polings = 'off'\n", ":2:2: unknown rule 'polings'; did you mean 'polling'?"),
                            ("[limits.mpsd]\nburst = 'many'\n", ":2:9: 'burst' must be a whole number of calls"),
                            ("[hosts\n", ":1:7: this is not TOML")):
            file = config(text)
            for command in (("replay", PLAYTEST), ("sniff", "-i", "lo"), ("proxy",), ("config",)):
                done = run(*command, "--config", file)
                self.assertEqual((done.code, done.out), (2, b""), done.err)
                self.assertIn(file + error, done.err)

    def test_titles_have_names(self):
        name = "Harbour\\u001b[31m Lights"
        file = config(f'[titles]\n{sample.TITLE.shown_id()} = "{name}"\n')
        done = play("--config", file)
        self.assertEqual({exchange["title_name"] for exchange in done.exchanges}, {"Harbour\x1b[31m Lights"})
        self.assertEqual({exchange["title_id"] for exchange in done.exchanges}, {sample.TITLE.shown_id()})
        self.assertEqual(done.of_type("rates")[-1]["title_name"], "Harbour\x1b[31m Lights")
        trace = scope.file(pcap(wire.frames(sample.plain().segments)))
        pretty = run("replay", "--config", file, "--format", "pretty", trace).out
        self.assertIn(b"Harbour", pretty)
        self.assertNotIn(b"\x1b", pretty)

    def test_hosts_and_limits(self):
        trace = pcap(wire.frames(sample.plain().segments))
        file = config('[hosts]\nmpsd-host = "mock.example"\n[limits.mpsd]\nburst = 2\n')
        done = replay(trace, options=["--config", file])
        self.assertEqual(done.summary["rules"]["rate-burst"], 2)  # three calls, then five
        renamed = trace.replace(b"sessiondirectory.xboxlive.com", b"mock.example.session.dir.test")
        self.assertEqual(replay(renamed).summary["calls"], 0)
        file = config('[hosts]\nmpsd-host = "mock.example.*"\n')
        self.assertEqual(replay(renamed, options=["--config", file]).summary["calls"], 7)
        environment = {"MPSDSCOPE_MPSD_HOST": "other.example,mock.example.*"}
        self.assertEqual(run("replay", "--format", "jsonl", scope.file(renamed), environment=environment).summary["calls"], 7)

    def test_prints_what_is_in_force_and_reads_it_again(self):
        file = config('[hosts]\nintercept = ["a.example", "b.example"]\n[severity]\npolling = "off"\n[thresholds]\npolling-calls = 9\n')
        environment = {"MPSDSCOPE_SEVERITY": "repeated-call=error"}
        printed = run("config", "--config", file, environment=environment)
        self.assertEqual(printed.code, 0, printed.err)
        lines = {line.split(" = ")[0]: line for line in printed.out.decode().splitlines() if " = " in line}
        self.assertTrue(lines["intercept"].startswith('intercept = ["a.example", "b.example"]'))
        self.assertTrue(lines["polling"].endswith(f"# {file}:4"), lines["polling"])
        self.assertIn(f"# {file}:6", lines["polling-calls"])
        self.assertTrue(lines["repeated-call"].startswith("repeated-call = "))
        self.assertIn("# MPSDSCOPE_SEVERITY", printed.out.decode())
        again = run("config", "--config", scope.file(printed.out, "again.toml"))
        self.assertEqual([line.split("#")[0] for line in again.out.decode().splitlines()],
                         [line.split("#")[0] for line in printed.out.decode().splitlines()])


if __name__ == "__main__":
    scope.main()
