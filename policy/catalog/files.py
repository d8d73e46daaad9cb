"""The file as a whole: E100 to E116."""

from __future__ import annotations

from policy.catalog.page import Page

PAGES: dict[str, Page] = {
    "E100": Page(
        "a file cannot be read",
        "A policy file is missing, is not a file, may not be read, or is not UTF-8.",
        "Without its text there is nothing to decide by.",
        "Check the path and its permissions; save the file as UTF-8.",
        'policy.load("no-such-file.yaml")',
    ),
    "E101": Page(
        "not YAML",
        "The text breaks the rules of YAML: a bracket or quote stays open, a tab indents, a character is"
        " not allowed.",
        "A parser that guesses what was meant decides something else than what was meant.",
        "Mend the place under the caret; indent with spaces; put text with `: ` or ` #` in quotes.",
        "actions: [allow, block",
    ),
    "E102": Page(
        "a key stands twice",
        "A mapping holds the same key more than once.",
        "Most YAML readers silently keep the last one, so that an edit higher up has no effect.",
        "Remove one of the two.",
        "actions:\n  allow:\n  block:\nactions:\n  allow:\n  refer:",
    ),
    "E103": Page(
        "beyond the limits of a file",
        "The file is empty or holds several documents, or more than 1 MiB, 64 levels, 100,000 values (an"
        " alias counts as often as it stands), 1,000 inputs or 200 actions.",
        "A policy is read within a second, whoever wrote it.",
        "Split the policy.",
        "---\ndecision: login\n---\ndecision: payment",
    ),
    "E104": Page(
        "a part of YAML that is not supported",
        "A merge key (`<<`), a tag, a key that is a list or mapping, or an alias without its anchor.",
        "Merge keys are not in YAML 1.2, and tags call for types that a policy does not have.",
        "Write the keys out; repeat a whole value with an anchor and an alias (`&name`, `*name`).",
        "strict: &strict {score: block}\non_error:\n  <<: *strict",
    ),
    "E110": Page(
        "a value of another kind",
        "A mapping, list, string, number or bool is expected, and something else stands there.",
        'Nothing is converted silently: `yes` and `off` are strings, `"0.4"` is no number.',
        "Write what is expected; take a number out of its quotes, put a word like 404 into them.",
        'bands:\n  allow: 0\n  block: "0.9"',
    ),
    "E111": Page(
        "an unknown key",
        "A block of the policy holds a key that it does not have.",
        "A mistyped key that is ignored is a setting that is silently off.",
        "Take the key that is proposed, or remove it.",
        "on_eror: {score: block}",
    ),
    "E112": Page(
        "a key is missing",
        "A block of the policy lacks a key that it needs.",
        "What a policy does in every case must be written down, above all under `on_error`.",
        "Add the key.",
        "on_error: {facts: refuse}",
    ),
    "E113": Page(
        "not one of the words",
        "A setting takes one of a few words, and another stands there.",
        "A word without a meaning would be ignored.",
        "Take one of the words listed.",
        "inputs:\n  user: {type: text}",
    ),
    "E114": Page(
        "not supported by this version",
        "The block is part of the policy language, but this version of Scoregate does not read it.",
        "A block that is ignored is a protection that is silently off.",
        "Remove the block, or install a version that reads it.",
        "rollout: {arms: [a, b]}",
    ),
    "E115": Page(
        "a name that cannot be used",
        "A decision or an action is named by a lower-case letter and then lower-case letters, digits, "
        "`-` or `_`; an input by a letter or `_` and then letters, digits or `_`. Words of the language "
        "cannot be names.",
        "Names stand in addresses, in conditions and in metrics.",
        "Choose another name; where the model's column has another one, say so under `score.inputs`.",
        "inputs:\n  failed logins: {type: int}",
    ),
    "E116": Page(
        "two policies of one name",
        "Two files of a folder define a decision of the same name.",
        "A request names the decision, and only one can answer.",
        "Rename one of the two.",
        "# login.yaml\ndecision: login\n# login-new.yaml\ndecision: login",
    ),
}
