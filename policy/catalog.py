"""What every diagnostic's code means, why it is one, what to do instead: the text of `scoregate explain`."""

from __future__ import annotations

from dataclasses import dataclass

from policy.diagnostics import did_you_mean


@dataclass(frozen=True, slots=True)
class Page:
    """The page of a code."""

    title: str
    what: str
    why: str
    instead: str


PAGES: dict[str, Page] = {
    "E100": Page(
        "a file cannot be read",
        "A policy file is missing, is not a file, may not be read, or is not UTF-8.",
        "Without its text there is nothing to decide by.",
        "Check the path and its permissions; save the file as UTF-8.",
    ),
    "E101": Page(
        "not YAML",
        "The text breaks the rules of YAML: a bracket or quote stays open, a tab indents, a character is"
        " not allowed.",
        "A parser that guesses what was meant decides something else than what was meant.",
        "Mend the place under the caret; indent with spaces; put text with `: ` or ` #` in quotes.",
    ),
    "E102": Page(
        "a key stands twice",
        "A mapping holds the same key more than once.",
        "Most YAML readers silently keep the last one, so that an edit higher up has no effect.",
        "Remove one of the two.",
    ),
    "E103": Page(
        "beyond the limits of a file",
        "The file is empty or holds several documents, or more than 1 MiB, 64 levels, 100,000 values (an"
        " alias counts "
        "as often as it stands), 1,000 inputs or 200 actions.",
        "A policy is read within a second, whoever wrote it.",
        "Split the policy.",
    ),
    "E104": Page(
        "a part of YAML that is not supported",
        "A merge key (`<<`), a tag, a key that is a list or mapping, or an alias without its anchor.",
        "Merge keys are not in YAML 1.2, and tags call for types that a policy does not have.",
        "Write the keys out; repeat a whole value with an anchor and an alias (`&name`, `*name`).",
    ),
    "E110": Page(
        "a value of another kind",
        "A mapping, list, string, number or bool is expected, and something else stands there.",
        'Nothing is converted silently: `yes` and `off` are strings, `"0.4"` is no number.',
        "Write what is expected; take a number out of its quotes, put a word like 404 into them.",
    ),
    "E111": Page(
        "an unknown key",
        "A block of the policy holds a key that it does not have.",
        "A mistyped key that is ignored is a setting that is silently off.",
        "Take the key that is proposed, or remove it.",
    ),
    "E112": Page(
        "a key is missing",
        "A block of the policy lacks a key that it needs.",
        "What a policy does in every case must be written down, above all under `on_error`.",
        "Add the key.",
    ),
    "E113": Page(
        "not one of the words",
        "A setting takes one of a few words, and another stands there.",
        "A word without a meaning would be ignored.",
        "Take one of the words listed.",
    ),
    "E114": Page(
        "not supported by this version",
        "The block is part of the policy language, but this version of Scoregate does not read it.",
        "A block that is ignored is a protection that is silently off.",
        "Remove the block, or install a version that reads it.",
    ),
    "E115": Page(
        "a name that cannot be used",
        "A decision or an action is named by a lower-case letter and then lower-case letters, digits, "
        "`-` or `_`; an "
        "input by a letter or `_` and then letters, digits or `_`. Words of the language cannot be names.",
        "Names stand in addresses, in conditions and in metrics.",
        "Choose another name; where the model's column has another one, say so under `score.inputs`.",
    ),
    "E116": Page(
        "two policies of one name",
        "Two files of a folder define a decision of the same name.",
        "A request names the decision, and only one can answer.",
        "Rename one of the two.",
    ),
    "E120": Page(
        "a limit that the type does not have",
        "`min` and `max` are for int, double, timestamp and duration, `enum` for int and string, "
        "`max_length` for "
        "string; `max` may not lie below `min`.",
        "A limit without a meaning would never refuse anything, or everything.",
        "Change the type or remove the limit.",
    ),
    "E121": Page(
        "a value that is not of the input's type",
        "A `default`, a limit or a value of `enum` is not of the input's type, or not among what the "
        "input allows.",
        "A default that a request could not send would be scored all the same.",
        "Write a value of the type; timestamps as RFC 3339, durations such as 1h30m, strings in quotes.",
    ),
    "E131": Page(
        "an unknown action",
        "A band, `on_error` or a case names an action that `actions` does not have.",
        "The caller would be told to do something that it has never heard of.",
        "Take an action of the ladder, or add it there.",
    ),
    "E132": Page(
        "the first band does not start at 0",
        "`bands` gives each action the score at which it starts, and the lowest must start at 0.",
        "Scores below the first band would have no action.",
        "Begin with the mildest action at 0, such as `allow: 0`.",
    ),
    "E133": Page(
        "bands out of order",
        "A band starts at or below the one above it.",
        "One of the two could never be reached.",
        "Write the bands from the lowest score up, each above the one before.",
    ),
    "E134": Page(
        "a band outside 0 to 1",
        "A band starts below 0 or above 1.",
        "The score is a probability.",
        "Write 0.4 for 40 %.",
    ),
    "E135": Page(
        "a milder action for a higher score",
        "A band of higher scores has an action that stands before another's in `actions`.",
        "The order of `actions` is the ladder, mildest first; a higher score must not be treated more "
        "mildly.",
        "Reorder `bands`, or `actions` if the ladder itself is wrong.",
    ),
    "E150": Page(
        "the facts of a case cannot be read",
        "A case names a JSON file that is missing, is not JSON, holds a key twice or no object, or lies "
        "outside the "
        "policy's folder.",
        "A case that cannot run proves nothing.",
        "Write the path of a JSON object, relative to the policy file.",
    ),
    "E151": Page(
        "a case fails",
        "The policy decides one of its own cases otherwise than the case expects.",
        "Either the policy or the case is wrong, and a release should wait until it is known which.",
        "Look at the reasons that are shown; `scoregate decide POLICY FACTS` shows the same decision in "
        "full.",
    ),
    "E160": Page(
        "a score without a source",
        "`score` names neither a model nor an input, or both, or an input that is not a number.",
        "A policy follows one score.",
        "Write `model:` for a saved model, or `input:` for a fact of the type double that the caller brings.",
    ),
    "E161": Page(
        "`score.inputs` names an unknown fact",
        "A model's input is mapped to a fact that `inputs` does not declare.",
        "The model would never get a value.",
        "Declare the fact under `inputs`, or take the one that is proposed.",
    ),
    "E301": Page(
        "the model does not load",
        "The model is missing, damaged, or holds a stage that is not supported.",
        "Without it every request would fall back on `on_error.score`.",
        "Check the path, which is relative to the policy file; save the model again; `scoregate show MODEL`.",
    ),
    "E302": Page(
        "a model's input that no fact gives",
        "The model reads a column for which the policy has neither an input of that name nor a line in "
        "`score.inputs`.",
        "The model would see a null in every request.",
        "Declare the input, or map the column to one under `score.inputs`.",
    ),
    "E303": Page(
        "a fact of another type than the model's input",
        "The type of an input does not fit the type of the model's column.",
        "A number in place of a label, or the reverse, gives a score that means nothing.",
        "Change the input's type; an int may stand for a double, an ip for a string.",
    ),
    "E304": Page(
        "an unknown output of the model",
        "`score.output` names no number that the model makes.",
        "There would be no score.",
        "Take a column of the model, with a slot if it is a vector: `probability[1]`.",
    ),
    "E305": Page(
        "`score.inputs` names an unknown input of the model",
        "A name on the left side of `score.inputs` is no input that the model needs for this output.",
        "The mapping would have no effect.",
        "Take the name that is proposed, or remove the line.",
    ),
    "W401": Page(
        "no case runs the model",
        "Every case gives its own score, or there is none.",
        "`probability[1]` may silently be the probability of the other class: which class stands at 1 "
        "was settled by "
        "the label indexer when the model was trained.",
        "Add a case with the facts of a known record and without `score`.",
    ),
    "W402": Page(
        "a band that no case covers",
        "No case expects the band or gives a score that lies in it.",
        "A band that moved by mistake would go unnoticed.",
        "Add a case with a `score` just above the band's lower edge.",
    ),
    "W404": Page(
        "`optional` has no effect",
        "An input has both `optional` and `default`.",
        "A fact with a default is never missing.",
        "Remove one of the two.",
    ),
}


def explain(code: str) -> str | None:
    """The page of a code as text; None for a code that does not exist."""
    page = PAGES.get(code.upper())
    if page is None:
        return None
    return (
        f"{code.upper()} {page.title}\n\n"
        f"What     {page.what}\n"
        f"Why      {page.why}\n"
        f"Instead  {page.instead}\n"
    )  # fmt: skip


def near(code: str) -> tuple[str, ...]:
    """A help line with the code nearest to one that does not exist."""
    return did_you_mean(code.upper(), PAGES)
