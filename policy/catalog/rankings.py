"""Rankings: E182 to E189, W434."""

from __future__ import annotations

from policy.catalog.page import Page

_SOUND = (
    "ranking: shop\nmodel: models/als\nitems: {file: items.csv, columns: {price: double, kind: string}}\n"
)

PAGES: dict[str, Page] = {
    "E182": Page(
        "a column that the item table does not have",
        "`items` names a column that is not in the file, or one of the wrong type for an id.",
        "The conditions would see nothing in it.",
        "Take a column of the file's first line.",
        "# shop.yaml\n" + _SOUND + "# items.csv\nid,price\n7,1.5\n",
    ),
    "E183": Page(
        "a boost, a cap or a number that makes no sense",
        "A boost needs `multiply` or `add`; multipliers and parameters do not lie below 0; caps and `n` are whole.",
        "It would change nothing, or turn the order around.",
        "Write `multiply: 1.2`, `add: 0.5`, `at_most: 3`.",
        "# shop.yaml\n" + _SOUND + "boosts:\n  - {name: fresh, when: item.price > 3.0}\n",
    ),
    "E184": Page(
        "a fallback without what it needs",
        "`fallback: [fold_in]` needs `fold_in: {reg: …}`, `fallback: [popular]` the column `popular`; and the reverse.",
        "It would never give an item.",
        "Add the block, or leave the fallback out.",
        "# shop.yaml\n" + _SOUND + "fallback: [popular, empty]\n",
    ),
    "E185": Page(
        "a model that ranks nothing",
        "The model does not load, or holds no ALS model.",
        "There are no scores to order items by.",
        "Name a folder that Spark's ALSModel, or a pipeline with one, was saved to.",
        "# shop.yaml\n" + _SOUND + "# items.csv\nid,price,kind\n7,1.5,a\n",
    ),
    "E186": Page(
        "an item table that cannot be read",
        "The file after `items.file` is not there, lies outside the policy's folder, or is no CSV or Parquet.",
        "Filters, boosts and caps look at its columns.",
        "Check the path, which is relative to the policy file.",
        "# shop.yaml\n" + _SOUND,
    ),
    "E187": Page(
        "a row of the item table that cannot be used",
        "An id is missing or stands twice, or a value is not of its column's type.",
        "An item must be one row, and its values must mean what the conditions take them for.",
        "Mend the rows that are named.",
        "# shop.yaml\n" + _SOUND + "# items.csv\nid,price,kind\n7,1.5,a\n7,cheap,b\n",
    ),
    "E188": Page(
        "a store that cannot be used",
        "The address after `score.store.url` means nothing, or the package that it needs is not installed.",
        "Every request would go without what was computed beforehand.",
        "Write sqlite:///lists.db, postgresql://user@host/db or redis://host:6379/0, and install scoregate[stores].",
        "# shop.yaml\n" + _SOUND + "score: {store: {url: nowhere}}\n# items.csv\nid,price,kind\n7,1.5,a\n",
    ),
    "E189": Page(
        "names of users or items that cannot be used",
        "`ids.user` or `ids.item` names no saved StringIndexer of one column, or a table whose numbers do not have 32 "
        "bits; or the model's own pipeline has the names already.",
        "Nobody would be found by the name that callers use.",
        "Name the folder that the StringIndexer was saved to, or a table with the columns `id` and `number`.",
        "# shop.yaml\n" + _SOUND + "ids: {user: models/login}\n# items.csv\nid,price,kind\n7,1.5,a\n",
    ),
    "W434": Page(
        "an item table of no use to the model",
        "The item table is empty, or the model knows none of its items.",
        "Every list would be empty, or hold only what is popular.",
        "Check the column after `items.key`: it holds the numbers, or names, that the model was trained with.",
        "# shop.yaml\n" + _SOUND.replace("models/als", "models/recommend") + "# items.csv\nid,price,kind\n",
    ),
}
