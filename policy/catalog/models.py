"""A policy beside its model: E300 to E399."""

from __future__ import annotations

from policy.catalog.page import Page

PAGES: dict[str, Page] = {
    "E301": Page(
        "the model does not load",
        "The model is missing, damaged, or holds a stage that is not supported.",
        "Without it every request would fall back on `on_error.score`.",
        "Check the path, which is relative to the policy file; save the model again; `scoregate show MODEL`.",
        "score:\n  model: models/no-such-model",
    ),
    "E302": Page(
        "a model's input that no fact gives",
        "The model reads a column for which the policy has neither an input of that name nor a line in "
        "`score.inputs`.",
        "The model would see a null in every request.",
        "Declare the input, or map the column to one under `score.inputs`.",
        "inputs:\n  user: {type: string}\nscore:\n  model: models/login",
    ),
    "E303": Page(
        "a fact of another type than the model's input",
        "The type of an input does not fit the type of the model's column.",
        "A number in place of a label, or the reverse, gives a score that means nothing.",
        "Change the input's type; an int may stand for a double, an ip for a string, and a number for a label.",
        "inputs:\n  hour: {type: string}\nscore:\n  model: models/login",
    ),
    "E304": Page(
        "an unknown output of the model",
        "`score.output` names no number that the model makes.",
        "There would be no score.",
        "Take a column of the model, with a slot if it is a vector: `probability[1]`.",
        "score:\n  model: models/login\n  output: probability[7]",
    ),
    "E305": Page(
        "`score.inputs` names an unknown input of the model",
        "A name on the left side of `score.inputs` is no input that the model needs for this output.",
        "The mapping would have no effect.",
        "Take the name that is proposed, or remove the line.",
        "score:\n  model: models/login\n  inputs: {failed: failed}",
    ),
}
