"""The blocks of a policy: E120 to E199."""

from __future__ import annotations

from policy.catalog.page import Page

PAGES: dict[str, Page] = {
    "E120": Page(
        "a limit that the type does not have",
        "`min` and `max` are for int, double, timestamp and duration, `enum` for int and string, "
        "`max_length` for string; `max` may not lie below `min`.",
        "A limit without a meaning would never refuse anything, or everything.",
        "Change the type or remove the limit.",
        "inputs:\n  user: {type: string, min: 3}",
    ),
    "E121": Page(
        "a value that is not of the input's type",
        "A `default`, a limit or a value of `enum` is not of the input's type, or not among what the "
        "input allows.",
        "A default that a request could not send would be scored all the same.",
        "Write a value of the type; timestamps as RFC 3339, durations such as 1h30m, strings in quotes.",
        'inputs:\n  failed: {type: int, default: "0"}',
    ),
    "E131": Page(
        "an unknown action",
        "A band, `on_error` or a case names an action that `actions` does not have.",
        "The caller would be told to do something that it has never heard of.",
        "Take an action of the ladder, or add it there.",
        "on_error: {score: blok}",
    ),
    "E132": Page(
        "the first band does not start at 0",
        "`bands` gives each action the score at which it starts, and the lowest must start at 0.",
        "Scores below the first band would have no action.",
        "Begin with the mildest action at 0, such as `allow: 0`.",
        "bands:\n  allow: 0.1\n  block: 0.9",
    ),
    "E133": Page(
        "bands out of order",
        "A band starts at or below the one above it.",
        "One of the two could never be reached.",
        "Write the bands from the lowest score up, each above the one before.",
        "bands:\n  allow: 0\n  challenge: 0.9\n  block: 0.6",
    ),
    "E134": Page(
        "a band outside 0 to 1",
        "A band starts below 0 or above 1.",
        "The score is a probability.",
        "Write 0.4 for 40 %.",
        "bands:\n  allow: 0\n  block: 90",
    ),
    "E135": Page(
        "a milder action for a higher score",
        "A band of higher scores has an action that stands before another's in `actions`.",
        "The order of `actions` is the ladder, mildest first; a higher score must not be treated more "
        "mildly.",
        "Reorder `bands`, or `actions` if the ladder itself is wrong.",
        "bands:\n  allow: 0\n  block: 0.6\n  challenge: 0.9",
    ),
    "E150": Page(
        "the facts of a case cannot be read",
        "A case names a JSON file that is missing, is not JSON, holds a key twice or no object, or lies "
        "outside the policy's folder.",
        "A case that cannot run proves nothing.",
        "Write the path of a JSON object, relative to the policy file.",
        "cases:\n  - {facts: examples/no-such-file.json, expect: allow}",
    ),
    "E151": Page(
        "a case fails",
        "The policy decides one of its own cases otherwise than the case expects.",
        "Either the policy or the case is wrong, and a release should wait until it is known which.",
        "Look at the reasons that are shown; `scoregate decide POLICY FACTS` shows the same decision in "
        "full.",
        "cases:\n  - {facts: {user: ana, risk: 0.95}, expect: allow}",
    ),
    "E152": Page(
        "a case names what does not exist",
        "`rule` or `segment` under `expect` names a rule or segment that the policy does not have.",
        "A case that expects the impossible always fails, and hides what it was meant to show.",
        "Take the name that is proposed; write `rule: null` where no rule may decide.",
        "cases:\n  - {facts: {user: ana, risk: 0.1}, expect: {action: allow, rule: tor}}",
    ),
    "E160": Page(
        "a score without a source",
        "`score` names no model, store or input, or an input beside these, or an input that is not a number; or "
        "the `key` of its store is no string or int.",
        "A policy follows one score.",
        "Write `model:` for a saved model, `store:` for scores computed beforehand, or `input:` for a fact of the "
        "type double that the caller brings.",
        "score: {}",
    ),
    "E161": Page(
        "`score.inputs` names an unknown fact",
        "A model's input is mapped to a fact that `inputs` does not declare.",
        "The model would never get a value.",
        "Declare the fact under `inputs`, or take the one that is proposed.",
        "score:\n  model: models/login\n  inputs: {failedLogins: failed_logins}",
    ),
}
