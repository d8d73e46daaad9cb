"""Files of bearer tokens."""

from __future__ import annotations

import pytest

from policy.web.tokens import TokenError, Tokens

GOOD = "0123456789abcdef0123456789abcdef"


@pytest.fixture
def write(tmp_path):
    """A function that writes a token file with a mode."""

    def write(text, mode=0o600):
        path = tmp_path / "token"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        path.chmod(mode)
        return path

    return write


def test_several_tokens(write):
    """Every token of a file opens; comments and empty lines are no tokens."""
    tokens = Tokens.read(write(f"# current\n{GOOD}\n\n  {GOOD[::-1]}  \n"))
    assert tokens.admit(f"Bearer {GOOD}")
    assert tokens.admit(f"Bearer {GOOD[::-1]}")
    assert not tokens.admit("Bearer # current")
    assert not tokens.admit("Bearer ")
    assert not tokens.admit(GOOD)


def test_no_tokens_leave_open():
    """Without tokens everything is admitted."""
    assert Tokens().admit("")


def test_tokens_do_not_show():
    """Neither tokens nor their digests stand in the representation."""
    assert GOOD not in repr(Tokens.of([GOOD]))
    assert "digests" not in repr(Tokens.of([GOOD]))


@pytest.mark.parametrize(
    ("text", "mode", "word"),
    [
        ("", 0o600, "no token"),
        ("# nothing\n", 0o600, "no token"),
        ("short\n", 0o600, "16"),
        ("two words here and there\n", 0o600, "spaces"),
        ("t\u00f6ken" * 8, 0o600, "ASCII"),
        (b"\xff" * 40, 0o600, "ASCII"),
        (GOOD, 0o644, "chmod 600"),
        (GOOD, 0o620, "chmod 600"),
    ],
)
def test_bad_files(write, text, mode, word):
    """A file that holds no good token, or that others can read, is refused with what to do."""
    with pytest.raises(TokenError, match=word):
        Tokens.read(write(text, mode))


def test_missing_file(tmp_path):
    """A missing file is named."""
    with pytest.raises(TokenError, match="nowhere"):
        Tokens.read(tmp_path / "nowhere")


def test_group_may_read(write):
    """A file that its group can read, such as a mounted secret, is taken."""
    assert Tokens.read(write(GOOD, 0o440)).admit(f"Bearer {GOOD}")
