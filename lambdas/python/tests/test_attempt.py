"""What a step's function can do, and what comes of it."""

from __future__ import annotations

import io
import os
import sys
import tempfile
import unittest
from contextlib import redirect_stderr
from importlib.util import find_spec

from millrace.data.artifacts import load_artifact
from millrace.data.folder import FolderBlobStore
from millrace.task.attempt import run_attempt
from millrace.task.item import enter_iteration

from .support import begin, flow_folder, foreach_join, request, step_context

NEXT = {"kind": "next", "steps": ["end"]}


class Attempts(unittest.TestCase):
    def setUp(self) -> None:
        self.blobs = FolderBlobStore(tempfile.mkdtemp())
        self.number = 0

    def outcome(self, source: str, before: dict | None = None, inputs: list | None = None, path: str = "", **context: object) -> dict:  # type: ignore[type-arg]
        """Runs the function ``train`` of the source."""
        # Modules stay imported: each source has a name of its own.
        self.number += 1
        name = f"steps_{id(self)}_{self.number}"
        of_task: dict[str, object] = {"begin": begin(**context.pop("given", {}))} if before is None else {"before": before}
        if inputs is not None:
            of_task["inputs"] = inputs
        return run_attempt(  # type: ignore[return-value]
            step_context("train", f"{name}.py", **context),  # type: ignore[arg-type]
            request("train", path=path, **of_task),  # type: ignore[arg-type]
            flow_folder(**{name: source}),
            self.blobs,
        )

    def commit(self, source: str, **options: object) -> dict:  # type: ignore[type-arg]
        outcome = self.outcome(source, **options)  # type: ignore[arg-type]
        self.assertEqual(outcome["status"], "succeeded", outcome)
        return outcome["commit"]  # type: ignore[no-any-return]

    def failure(self, source: str, **options: object) -> tuple[str, str]:
        outcome = self.outcome(source, **options)  # type: ignore[arg-type]
        self.assertEqual(outcome["status"], "failed", outcome)
        self.assertEqual(outcome["failure"]["task"], {"step": "train", "path": "", "visit": 0})
        return outcome["failure"]["name"], outcome["failure"]["message"]

    def values(self, commit: dict) -> dict:  # type: ignore[type-arg]
        return {name: load_artifact(ref, self.blobs) for name, ref in commit["artifacts"].items()}

    def test_attributes_are_artifacts(self) -> None:
        commit = self.commit("""
            def train(flow):
                flow.x = [1, 2]
                flow.x.append(flow.alpha)
                flow.y = hasattr(flow, "model"), getattr(flow, "model", None), "x" in dir(flow)
        """)
        self.assertEqual(self.values(commit), {"alpha": 0.5, "x": [1, 2, 0.5], "y": [False, None, True]})
        self.assertEqual((commit["transition"], commit["attempt"], commit["tags"]), (0, 0, ["daily"]))

    def test_current(self) -> None:
        commit = self.commit(
            """
            def train(flow):
                at = flow.current
                flow.x = [at.flow, at.run, at.step, at.task, at.attempt, at.path, dict(at.parameters), list(at.tags)]
            """,
            path="3.1",
        )
        self.assertEqual(self.values(commit)["x"], ["Train", "r1", "train", "3.1", 0, "3.1", {"alpha": 0.5}, ["daily"]])

    def test_what_was_loaded_and_changed_in_place_is_stored_and_what_was_only_read_is_not(self) -> None:
        first = self.commit("def train(flow):\n    flow.x, flow.y, flow.items = [1.0], {'b': 1, 'a': {1, 2}}, [3]\n")
        second = self.commit("def train(flow):\n    flow.x.append(2), flow.y['b'], len(flow.y['a'])\n", before=first)
        self.assertEqual(self.values(second), {"alpha": 0.5, "x": [1.0, 2], "y": {"b": 1, "a": {1, 2}}, "items": [3]})
        for name in ("y", "items", "alpha"):
            self.assertEqual(second["artifacts"][name], first["artifacts"][name])

    def test_what_typescript_wrote_in_other_bytes_has_not_changed(self) -> None:
        first = self.commit("def train(flow):\n    flow.x = 1\n")
        # As JSON.stringify orders and writes what Python would write otherwise.
        text = '{"m":{"$type":"Set","value":[3,1]},"n":100000000000000000,"u":{"$type":"undefined"}}'
        first["artifacts"]["x"] = {"hash": "0" * 64, "size": len(text), "codec": "json", "type": "Object", "inline": text}
        second = self.commit("def train(flow):\n    flow.x['m'], flow.x['n']\n", before=first)
        self.assertEqual(second["artifacts"]["x"], first["artifacts"]["x"])

    def test_an_artifact_can_be_unset(self) -> None:
        first = self.commit("def train(flow):\n    flow.x = flow.y = 1\n")
        second = self.commit("def train(flow):\n    del flow.x\n", before=first)
        self.assertEqual(self.values(second), {"alpha": 0.5, "y": 1})

    def test_an_artifact_that_needs_a_missing_package_harms_nobody_who_does_not_touch_it(self) -> None:
        first = self.commit("def train(flow):\n    flow.x = 1\n")
        ref = self.blobs.put(b"\x80\x05\x8c\x08nopackag\x94\x8c\x01a\x94\x93.")
        first["artifacts"]["model"] = {**ref, "codec": "pickle", "type": "nopackag.Model"}
        second = self.commit("def train(flow):\n    flow.y = flow.x + 1\n", before=first)
        self.assertEqual(second["artifacts"]["model"], first["artifacts"]["model"])
        name, message = self.failure("def train(flow):\n    flow.model\n", before=first)
        self.assertEqual(name, "DECODE")
        self.assertEqual(
            message,
            'An artifact of the codec "pickle" cannot be read: there is no module nopackag. '
            "Add the package that has nopackag to the requirements of the step that reads it.",
        )

    def test_misuse_is_an_error_that_says_what_to_do(self) -> None:
        for line, name, message in [
            (
                "flow.model",
                "UNSET_ARTIFACT",
                "The step train reads the artifact model, which is unset: no step before it has set it. "
                "Give it a first value, or set flow.model on every path that leads to train.",
            ),
            ("flow.itms", "UNKNOWN_ARTIFACT", "The step train reads flow.itms, which the flow does not declare. Did you mean items?"),
            (
                "flow.loss = 1",
                "UNDECLARED_ARTIFACT",
                "The step train sets flow.loss, which the flow does not declare. Add loss to the flow's artifacts, or use a local variable.",
            ),
            (
                "flow.alpha = 1",
                "PARAMETER_WRITE",
                "The step train writes to the parameter alpha; parameters keep the value that the run was started with. "
                "Put the new value into an artifact.",
            ),
            ("flow.current = 1", "READ_ONLY", "The step train sets flow.current, which is only to read. Set an artifact of the flow instead."),
            (
                "flow.input",
                "NO_ITEM",
                "The step train reads flow.input, which only the steps inside of a foreach have. "
                "Read it in the foreach's body or a step after it, before the join.",
            ),
            (
                "flow.x = [lambda: 1]",
                "ENCODE",
                None,
            ),
            ("return 'ende'", "UNKNOWN_TRANSITION", "The function of the step train returned 'ende'; its transitions lead to end. Return nothing."),
        ]:
            with self.subTest(line):
                found = self.failure(f"def train(flow):\n    {line}\n")
                self.assertEqual(found[0], name)
                if message is not None:
                    self.assertEqual(found[1], message)

    def test_a_parameter_cannot_be_changed_in_place_either(self) -> None:
        self.assertEqual(self.commit("def train(flow):\n    flow.layers[0]\n", parameters=["alpha", "layers"], given={"layers": [1]})["transition"], 0)
        name, _ = self.failure("def train(flow):\n    flow.layers.append(2)\n", parameters=["alpha", "layers"], given={"layers": [1]})
        self.assertEqual(name, "PARAMETER_WRITE")

    def test_an_exception_is_a_failure_with_the_users_frames(self) -> None:
        outcome = self.outcome("""
            import json
            def train(flow):
                try:
                    json.loads("{")
                except ValueError as error:
                    raise RuntimeError("no data") from error
        """)
        failure = outcome["failure"]
        self.assertEqual((failure["name"], failure["message"], failure["attempt"]), ("RuntimeError", "no data", 0))
        lines = [line.strip() for line in failure["stack"].split("\n") if "^" not in line]
        self.assertEqual([line.partition(", line ")[2] for line in lines if line.startswith("File")], ["7, in train", "5, in train"])
        self.assertEqual(lines[1:3], ['raise RuntimeError("no data") from error', lines[2]])
        self.assertTrue(lines[2].startswith("caused by JSONDecodeError: Expecting property name"), lines[2])

    def test_code_that_is_not_there_or_does_not_parse(self) -> None:
        outcome = self.outcome("def train(flow)\n    pass\n")
        self.assertEqual(outcome["failure"]["name"], "SyntaxError")
        self.assertIn("line 1", outcome["failure"]["stack"])
        name, message = self.failure("def trainn(flow):\n    pass\n")
        self.assertEqual(name, "STEP_CODE")
        self.assertRegex(message, r"^steps_\d+_\d+\.py has no function train, which the step train runs\. Did you mean trainn\?$")
        for file in ("none.py", "../up.py", "steps.txt"):
            outcome = run_attempt(step_context("train", f"{file}:f"), request("train", begin=begin()), flow_folder(), self.blobs)  # type: ignore[arg-type, assignment]
            self.assertEqual(outcome["failure"]["name"], "STEP_CODE")

    def test_a_function_may_be_asynchronous(self) -> None:
        commit = self.commit("""
            import asyncio
            async def train(flow):
                await asyncio.sleep(0)
                flow.x = 1
        """)
        self.assertEqual(self.values(commit)["x"], 1)

    def test_a_frame_that_arrow_cannot_hold_is_pickled_and_the_log_says_why(self) -> None:
        if find_spec("pandas") is None:
            self.skipTest("pandas is not installed")
        told = io.StringIO()
        with redirect_stderr(told):
            commit = self.commit("""
                import pandas
                def train(flow):
                    flow.x = pandas.DataFrame({"a": [1, "b"]})
            """)
        self.assertEqual(self.values(commit)["x"]["a"].tolist(), [1, "b"])
        self.assertIn("flow.x is a table that Arrow cannot hold: ", told.getvalue())
        # A step that only reads it has nothing to say of it.
        with redirect_stderr(io.StringIO()) as told:
            after = self.commit("def train(flow): flow.x", before=commit)
        self.assertEqual((after["artifacts"]["x"], told.getvalue()), (commit["artifacts"]["x"], ""))

    def test_the_flow_itself_cannot_be_copied_or_sent_to_another_process(self) -> None:
        message = "a flow cannot be copied or sent to another process; hand over its values, as flow.x"
        for call in ("copy.deepcopy(flow)", "pickle.dumps(flow)"):
            self.assertEqual(self.failure(f"import copy, pickle\ndef train(flow):\n    {call}\n"), ("TypeError", message))

    def test_a_group_tells_of_each_of_its_exceptions(self) -> None:
        if sys.version_info < (3, 11):
            self.skipTest("groups came with Python 3.11")
        outcome = self.outcome("""
            def train(flow):
                raise ExceptionGroup("two failed", [ValueError("a"), ExceptionGroup("inner", [KeyError("b")])])
        """)
        lines = [line.strip() for line in outcome["failure"]["stack"].split("\n")]
        told = ["one of its exceptions: ValueError: a", "one of its exceptions: ExceptionGroup: inner (1 sub-exception)", "one of its exceptions: KeyError: 'b'"]
        self.assertEqual([line for line in lines if line.startswith("one of")], told)

    def test_notes_are_part_of_the_message(self) -> None:
        if sys.version_info < (3, 11):
            self.skipTest("notes came with Python 3.11")
        failure = self.failure("""
            def train(flow):
                error = ValueError("no rows")
                error.add_note("in the file a.csv")
                raise error
        """)
        self.assertEqual(failure, ("ValueError", "no rows\nin the file a.csv"))

    def test_whatever_is_raised_is_a_failure_with_the_users_frames(self) -> None:
        unspoken = "class Unspoken(Exception):\n    def __str__(self): return self.text\n"
        for raised, failure in (
            ("KeyboardInterrupt", ("KeyboardInterrupt", "")),
            ("GeneratorExit('early')", ("GeneratorExit", "early")),
            ("Unspoken", ("Unspoken", "<its __str__ raises AttributeError>")),
            ("SystemExit", ("TASK_DIED", "The step asked for the end of its process with exit code 0. Return or raise instead of calling sys.exit().")),
            ("SystemExit('no data')", ("TASK_DIED", "The step asked for the end of its process: no data. Return or raise instead of calling sys.exit().")),
        ):
            outcome = self.outcome(f"{unspoken}def train(flow):\n    raise {raised}\n")
            self.assertEqual((outcome["failure"]["name"], outcome["failure"]["message"]), failure)
            self.assertIn("line 4, in train", outcome["failure"]["stack"])

    def test_a_file_with_the_name_of_another_module(self) -> None:
        folder = flow_folder(json="def train(flow): pass")
        outcome = run_attempt(step_context("train", "json.py"), request("train", begin=begin()), folder, self.blobs)  # type: ignore[arg-type]
        self.assertEqual(outcome["failure"]["name"], "STEP_CODE")  # type: ignore[typeddict-item]
        self.assertIn("Python has another module named json", outcome["failure"]["message"])  # type: ignore[typeddict-item]

    def test_a_file_that_python_does_not_find_by_its_name(self) -> None:
        for file, told in (
            ("email/steps.py", "in the folder email, but Python has another package of that name ("),
            ("train.v2.py", "train.v2.py, which Python cannot import: its name has a dot in it. Rename the file."),
        ):
            folder = flow_folder()
            path = os.path.join(folder, file)
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "w", encoding="utf-8") as target:
                target.write("def train(flow): pass")
            outcome = run_attempt(step_context("train", f"{file}:train"), request("train", begin=begin()), folder, self.blobs)  # type: ignore[arg-type]
            self.assertEqual(outcome["failure"]["name"], "STEP_CODE")  # type: ignore[typeddict-item]
            self.assertIn(told, outcome["failure"]["message"])  # type: ignore[typeddict-item]

    def test_a_module_that_the_file_imports_is_another_matter(self) -> None:
        self.assertEqual(self.failure("import none_of_these\ndef train(flow): pass\n"), ("ModuleNotFoundError", "No module named 'none_of_these'"))

    def test_a_step_with_several_transitions_names_the_one_that_it_chooses(self) -> None:
        transitions = [{"kind": "next", "steps": ["train"]}, {"kind": "next", "steps": ["left", "right"]}, NEXT]
        for chosen, index in (("train", 0), ("right", 1), ("end", 2)):
            commit = self.commit(f"def train(flow):\n    return {chosen!r}\n", definition={"transitions": transitions})
            self.assertEqual(commit["transition"], index)
        self.assertEqual(
            self.failure("def train(flow):\n    pass\n", definition={"transitions": transitions}),
            (
                "UNKNOWN_TRANSITION",
                "The function of the step train returned None; its transitions lead to train, left, right, end. "
                "Return the name of one of these steps.",
            ),
        )

    def test_a_foreach_goes_over_the_artifact_that_its_definition_names(self) -> None:
        foreach = {"transitions": [{"kind": "foreach", "body": "fit", "items": "items"}]}
        for items in ('["a", {"b": 1.5}, None]', "(1, 2, 3)", "__import__('array').array('d', [1, 2, 3])", "range(3)"):
            with self.subTest(items):
                commit = self.commit(f"def train(flow):\n    flow.items = {items}\n", definition=foreach)
                self.assertEqual(commit["foreach"]["count"], 3)
                source = "def train(flow):\n    flow.x = [flow.index, flow.input]\n"
                for index, item in enumerate(eval(items)):
                    iteration = self.commit(source, before=enter_iteration(commit, index), path=str(index), role="body")  # type: ignore[arg-type]
                    self.assertEqual(self.values(iteration)["x"], [index, item])
                    self.assertEqual((iteration["item"]["index"], iteration["item"]["count"]), (index, 3))
        self.assertEqual(
            self.failure("def train(flow):\n    flow.items = 3\n", definition=foreach),
            ("FOREACH_ITEMS", "The foreach after train goes over the artifact items, which holds a int. Let train store a list or an array in it."),
        )

    def test_items_are_in_frames(self) -> None:
        foreach = {"transitions": [{"kind": "foreach", "body": "fit", "items": "items"}]}
        commit = self.commit("def train(flow):\n    flow.items = list(range(2500))\n", definition=foreach)
        self.assertEqual([frame["items"] for frame in commit["foreach"]["frames"]], [1000, 1000, 500])
        commit = self.commit("def train(flow):\n    flow.items = [1, complex(2), 3]\n", definition=foreach)
        self.assertEqual([frame["ref"]["codec"] for frame in commit["foreach"]["frames"]], ["json", "pickle", "json"])
        self.assertEqual(enter_iteration(commit, 2)["item"]["position"], 0)  # type: ignore[arg-type]

    def test_the_join_of_a_split(self) -> None:
        split = self.commit("def train(flow):\n    flow.x, flow.y = 1, 1\n")
        left = self.commit("def train(flow):\n    flow.x = 2\n", before=split)
        right = self.commit("def train(flow):\n    flow.x, flow.items = 3, []\n", before=split)
        inputs = [{"step": step, "path": "", "visit": 0, "branch": step, "commit": of} for step, of in (("left", left), ("index", right))]
        join = {"kind": "split", "splitter": "start", "branches": []}
        source = """
            def train(flow, inputs):
                flow.model = [len(inputs), inputs.left.x, inputs.index.x, [one.x for one in inputs], flow.y, flow.items, hasattr(flow, "x")]
        """
        commit = self.commit(source, before=split, inputs=inputs, role="join", join=join, definition={"inputReads": ["x"]})
        self.assertEqual(self.values(commit), {"alpha": 0.5, "y": 1, "items": [], "model": [2, 2, 3, [2, 3], 1, [], False]})
        for line, message in [
            (
                "flow.x",
                "The step train reads the artifact x, which is unset: the branches left, index changed it to different values. "
                "Set flow.x in the join, from its inputs.",
            ),
            (
                "inputs.left.items",
                "The join train reads items of its input left, where it is unset. Set flow.items in the branch that begins with left, or before it.",
            ),
        ]:
            found = self.failure(f"def train(flow, inputs):\n    {line}\n", before=split, inputs=inputs, role="join", join=join)
            self.assertEqual(found, ("UNSET_ARTIFACT", message))

    def test_the_join_of_a_foreach(self) -> None:
        split = self.commit("def train(flow):\n    flow.x, flow.y = 0, b'y' * 5000\n")
        tasks = [self.commit(f"def train(flow):\n    flow.x = {index}\n", before=split) for index in range(3)]
        inputs = [{"step": "fit", "path": str(at), "visit": 0, "branch": "fit", "commit": task} for at, task in enumerate(tasks)]
        source = "def train(flow, inputs):\n    flow.x = [[one.x for one in inputs], inputs[-1].x, len(inputs[1:]), len(inputs[0].y)]\n"
        join = foreach_join("train", "fit")
        commit = self.commit(source, before=split, inputs=inputs, role="join", join=join, definition={"inputReads": "all"})
        self.assertEqual(self.values(commit)["x"], [[0, 1, 2], 2, 2, 5000])


if __name__ == "__main__":
    unittest.main()
