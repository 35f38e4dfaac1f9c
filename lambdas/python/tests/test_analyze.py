"""What is read from the source of steps."""

from __future__ import annotations

import json
import os
import textwrap
import unittest

from millrace.analysis.module import analyze_source

from .support import flow_folder, run_python


def analyzed(source: str, name: str = "train") -> dict:  # type: ignore[type-arg]
    return analyze_source(textwrap.dedent(source).encode(), "steps.py")["functions"][name]  # type: ignore[index, no-any-return]


class Artifacts(unittest.TestCase):
    def check(self, body: str, reads: object, writes: list[str], more: str = "") -> None:
        source = "def train(flow):\n" + textwrap.indent(textwrap.dedent(body).strip(), "    ") + "\n" + textwrap.dedent(more)
        with self.subTest(body.strip()):
            found = analyzed(source)
            self.assertEqual((found["reads"], found["writes"]), (reads, writes))

    def test_reads_and_writes(self) -> None:
        self.check("flow.model = fit(flow.x, alpha=flow.alpha)", ["alpha", "x"], ["model"])
        self.check("flow.x = 1\nprint(flow.x)", [], ["x"])
        self.check("flow.x += 1", ["x"], ["x"])
        self.check("flow.x.append(1)\nflow.y[0] = 1", ["x", "y"], [])
        self.check("flow.x, (flow.y, *rest) = flow.z", ["z"], ["x", "y"])
        self.check("del flow.x", [], [])
        self.check("flow.x = 1\ndel flow.x\nflow.x", ["x"], [])
        self.check("for flow.x in flow.xs: pass", ["xs"], [])
        self.check("with open('f') as flow.x: pass", [], ["x"])
        self.check("flow.x: int = 1\nflow.y: int", [], ["x"])
        self.check("flow.current.run, flow.index, flow.input", [], [])
        self.check("getattr(flow, 'x', None), hasattr(flow, 'y')\nsetattr(flow, 'z', 1)", ["x", "y"], ["z"])

    def test_writes_hold_on_all_paths(self) -> None:
        self.check("if flow.a:\n    flow.x = 1\nelse:\n    flow.x = flow.y = 2", ["a"], ["x"])
        self.check("if flow.a:\n    flow.x = 1\n    return\nflow.x = flow.y = 2", ["a"], ["x"])
        self.check("if flow.a:\n    raise ValueError\nflow.x = 1", ["a"], ["x"])
        self.check("for i in []:\n    flow.x = 1\nelse:\n    flow.y = 1", [], ["y"])
        self.check("while True:\n    flow.x = 1\n    if flow.x:\n        break\n    flow.y = 1", [], ["x"])
        self.check("while flow.a:\n    flow.x = 1", ["a"], [])
        self.check("try:\n    flow.x = flow.y = 1\nexcept OSError:\n    flow.x = 2\nfinally:\n    flow.z = 1", [], ["x", "z"])
        self.check("match flow.a:\n    case 1:\n        flow.x = 1\n    case _:\n        flow.x = flow.y = 2", ["a"], ["x"])
        self.check("match flow.a:\n    case 1:\n        flow.x = 1", ["a"], [])
        self.check("flow.a and setattr(flow, 'x', 1)\nsetattr(flow, 'y', 1) if flow.b else setattr(flow, 'z', 1)", ["a", "b"], [])

    def test_what_runs_later_may_not_run(self) -> None:
        self.check("def inner():\n    flow.x = flow.y\nif flow.a:\n    inner()", ["a", "y"], [])
        self.check("flow.y = 1\nflow.f = lambda: flow.y + flow.z", ["z"], ["f", "y"])
        self.check("flow.y = [flow.x for _ in flow.xs if flow.a]", ["a", "x", "xs"], ["y"])

    def test_functions_within_the_function_are_followed(self) -> None:
        self.check("def inner():\n    flow.x = flow.y\ninner()", ["y"], ["x"])
        self.check("def inner(a):\n    if a:\n        inner(a - 1)\n    flow.x = 1\nflow.y = inner(3)", [], ["x", "y"])
        self.check("def inner(flow):\n    flow.x = flow.y\ninner(other)", [], [])

    def test_what_they_return_is_not_what_the_function_returns(self) -> None:
        self.check("def square(x):\n    return x * x\nflow.y = square(flow.x)", ["x"], ["y"])

    def test_what_sets_an_artifact_at_a_time_that_is_not_in_sight_may_set_any(self) -> None:
        for body in (
            "def inner():\n    flow.x = 1\nThread(target=inner).start()",
            "pool.submit(lambda: setattr(flow, 'x', 1))",
            "class Keeper:\n    def keep(self):\n        flow.x = 1",
            "exec('flow.x = 1')",
            "flow.__dict__['x'] = 1",
        ):
            self.check(body, "all", [])
        found = analyzed("@cached\ndef train(flow):\n    flow.x = 1\n")
        self.assertEqual((found["reads"], found["writes"]), ("all", []))

    def test_a_name_that_comes_to_stand_for_something_else(self) -> None:
        self.check("flow.x = [flow.y for flow in flow.xs]", ["xs"], ["x"])
        self.check("kept, flow = flow, Other()\nflow.nothing = 1\nkept.x = 1", "all", [])

    def test_functions_of_the_module_are_followed(self) -> None:
        helper = "def helper(a, state, *, flag=None):\n    state.x = state.y\n    helper(a, state)\n"
        self.check("helper(1, flow)\nflow.x", ["y"], ["x"], helper)
        self.check("flow.y = 1\nhelper(1, state=flow)", [], ["x", "y"], helper)
        self.check("if helper(flow.a, flow):\n    pass", ["a", "y"], ["x"], helper)
        self.check("helper(flow, flow)", "all", [], helper)
        self.check("helper(*flow)", "all", [], helper)

    def test_where_the_flow_is_given_away_all_is_read(self) -> None:
        for body in ("other(flow)", "vars(flow)", "f = flow", "getattr(flow, name)", "[flow]", "lambda: flow", "return flow"):
            self.check(body, "all", [])
        self.check("for x in y:\n    lambda flow: flow.x", [], [])

    def test_assignments_have_their_lines(self) -> None:
        found = analyzed("def train(flow):\n    flow.x = 1\n    if flow.a:\n        flow.y = 2\n")
        self.assertEqual(found["assignments"], [{"name": "x", "line": 2}, {"name": "y", "line": 4}])


class Inputs(unittest.TestCase):
    def check(self, body: str, reads: object) -> None:
        source = "def train(flow, inputs):\n" + textwrap.indent(textwrap.dedent(body).strip(), "    ") + "\n"
        with self.subTest(body.strip()):
            self.assertEqual(analyzed(source)["inputReads"], reads)

    def test_reads_of_inputs(self) -> None:
        self.check("flow.total = sum(one.x for one in inputs)", ["x"])
        self.check("for one in inputs:\n    one.x, one.y.z", ["x", "y"])
        self.check("for at, one in enumerate(inputs):\n    print(at, one.x)", ["x"])
        self.check("best = max(inputs, key=lambda one: one.score)\nflow.model = best.model", ["model", "score"])
        self.check("ranked = sorted(inputs, key=lambda one: one.score)\nranked[0].model\nlen(ranked)", ["model", "score"])
        self.check("inputs.left.x + inputs.right.y", ["x", "y"])
        self.check("left = inputs.left\nleft.x", ["x"])
        self.check("inputs[0].x, inputs[1:][0].y, [one.z for one in inputs[1:]]", ["x", "y", "z"])
        self.check("list(map(lambda one: one.x, inputs))", ["x"])
        self.check("len(inputs)", [])

    def test_where_inputs_are_given_away_all_is_read(self) -> None:
        for body in (
            "flow.x = inputs",
            "other(inputs)",
            "[one for one in inputs]",
            "max(inputs, key=score)",
            "one = inputs[0]\none = 3",
            "getattr(inputs[0], name)",
            "for one in inputs:\n    keep(one)",
            "for a, b in zip(inputs, flow.x):\n    pass",
        ):
            self.check(body, "all")


class Functions(unittest.TestCase):
    def test_reads_have_the_lines_of_the_first(self) -> None:
        found = analyzed("def train(flow):\n    print(flow.a)\n    print(flow.b, flow.a)\n")
        self.assertEqual(found["readLines"], {"a": 2, "b": 3})

    def test_arguments_with_defaults_are_the_functions_own(self) -> None:
        for signature, parameters in (("flow, rate=1", ["flow"]), ("flow, inputs=None", ["flow", "inputs"]), ("flow, branches, k=1", ["flow", "branches"]), ("flow=None", ["flow"])):
            self.assertEqual(analyzed(f"def train({signature}): pass")["parameters"], parameters, signature)

    def test_a_function_may_be_asynchronous(self) -> None:
        found = analyzed("async def train(flow):\n    async with flow.a as a:\n        flow.x = await a\n")
        self.assertEqual((found["parameters"], found["reads"], found["writes"]), (["flow"], ["a"], ["x"]))

    def test_a_function_may_stand_in_a_condition(self) -> None:
        found = analyzed("try:\n    import fast\nexcept ImportError:\n    def train(flow):\n        flow.x = 1\n")
        self.assertEqual((found["line"], found["writes"]), (4, ["x"]))

    def test_a_name_that_may_stand_for_several_functions_or_for_any_does_anything(self) -> None:
        for source in (
            "if a:\n    def train(flow): pass\nelse:\n    def train(flow):\n        flow.x = 1\n",
            "train = partial(fit, 3)",
            "from models import fit as train",
            "train: Step = lambda flow: None",
        ):
            found = analyzed(source)
            self.assertEqual((found["reads"], found["writes"], "parameters" in found), ("all", [], False), source)
        self.assertTrue(analyze_source(b"from models import *", "steps.py")["isOpen"])

    def test_signature_doc_and_returns(self) -> None:
        found = analyzed('''
            def train(flow, inputs):
                """Fits the model.

                At length."""
                if flow.a:
                    return "left" if flow.b else "right"
                def inner():
                    return "no"
                if flow.c:
                    return
                return choose()
        ''')
        self.assertEqual((found["line"], found["parameters"], found["doc"]), (2, ["flow", "inputs"], "Fits the model."))
        self.assertEqual(found["returns"], [{"value": "left", "line": 7}, {"value": "right", "line": 7}, {"value": None, "line": 11}, {"line": 12}])

    def test_the_command_answers_for_each_file(self) -> None:
        folder = flow_folder(good="def start(flow): pass\nclass A:\n    def inner(self): pass\n", bad="def start(flow:\n    pass\n")
        good, bad, none = (os.path.join(folder, name) for name in ("good.py", "bad.py", "none.py"))
        done = run_python("-m", "millrace.analyze", good, bad, none)
        answer = json.loads(done.stdout)
        self.assertEqual((done.returncode, done.stderr, list(answer[good]["functions"])), (0, "", ["start"]))
        self.assertEqual(answer[bad]["error"]["line"], 1)
        self.assertEqual(answer[none]["error"], {"message": f"No such file or directory: {none}", "line": None})


if __name__ == "__main__":
    unittest.main()
