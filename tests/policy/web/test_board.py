"""Counts of several processes in files that they share."""

import os
import resource
import signal
import threading

from policy.web import board as boards
from policy.web.board import LOST, Board


def in_child(work):
    """Run in a forked child, which ends as a killed process does: without a last word."""
    child = os.fork()
    if not child:
        try:
            work()
        finally:
            os.kill(os.getpid(), signal.SIGKILL)
    os.waitpid(child, 0)


def count(board, *name, times=1):
    board.add(board.slot(*name), times)


def test_killed_process_loses_no_count(tmp_path):
    """What a killed process counted stays in every sum, and its file is the next one's."""
    mine = Board(tmp_path)
    count(mine, "a", "x")

    def work():
        other = Board(tmp_path)
        count(other, "b")
        count(other, "a", "x", times=2)

    in_child(work)
    assert mine.total()["a", "x"] == 3
    next_one = Board(tmp_path)
    count(next_one, "c")
    count(next_one, "a", "x")
    assert len(list(tmp_path.iterdir())) == 2
    assert mine.total()["a", "x"] == 4
    assert mine.total() == next_one.total()
    assert (mine.total()["b",], mine.total()["c",]) == (1, 1)


def test_processes_are_those_alive(tmp_path):
    """A process is listed by the number of its file while it lives."""
    mine = Board(tmp_path)
    in_child(lambda: Board(tmp_path))
    assert mine.processes() == {0: os.getpid()}
    second = Board(tmp_path)
    assert mine.processes() == {0: os.getpid(), 1: os.getpid()}
    second.close()
    assert mine.processes() == {0: os.getpid()}


def test_torn_name_is_cut(tmp_path):
    """A name that its writer could not finish is cut off, and spoils no other."""
    first = Board(tmp_path)
    count(first, "a")
    first.close()
    (path,) = tmp_path.iterdir()
    with path.open("ab") as file:
        file.write(b'["half')
    second = Board(tmp_path)
    count(second, "b", times=7)
    assert (second.total()["a",], second.total()["b",]) == (1, 7)


def test_threads_lose_nothing():
    """Threads that count at once lose no count."""
    board = Board()
    slots = [board.slot("a"), board.slot("b", "c")]

    def work():
        for number in range(20_000):
            board.add(slots[number % 2])

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (board.total()["a",], board.total()["b", "c"]) == (40_000, 40_000)


def test_names_beyond_the_capacity_are_lost_but_counted(tmp_path, monkeypatch):
    """More names than there are slots share one, whose sum tells."""
    monkeypatch.setattr(boards, "CAPACITY", 4)
    board = Board(tmp_path)
    for number in range(5):
        count(board, str(number))
    assert (board.total()["0",], board.total()["1",], board.total()[LOST]) == (1, 1, 3)


def test_directory_that_cannot_be_written():
    """Without a place for its file a process counts for itself."""
    board = Board(boards.Path("/proc/nowhere"))
    count(board, "a")
    assert board.total()["a",] == 1
    assert board.processes() == {0: os.getpid()}


def test_names_that_cannot_be_written(tmp_path):
    """While a name cannot be written its counts are lost, and no other's; afterwards it is counted."""
    board = Board(tmp_path)
    count(board, "a")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, hard))
    try:
        count(board, "b")
        count(board, "a")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    count(board, "b")
    assert (board.total()["a",], board.total()["b",], board.total()[LOST]) == (2, 1, 1)
