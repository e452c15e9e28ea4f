"""The bar draws over itself on a terminal and writes few lines into a log."""

from io import StringIO

from shop.demo.progress import Bar


class Terminal(StringIO):
    def isatty(self) -> bool:
        return True


def test_a_log_gets_a_line_at_each_quarter() -> None:
    stream = StringIO()
    with Bar("Pictures", 40, stream) as bar:
        for _ in range(40):
            bar.advance(1)
    percents = [line.split()[1] for line in stream.getvalue().splitlines()]
    assert percents == ["0%", "25%", "50%", "75%", "100%"]


def test_a_terminal_gets_one_line_that_ends_full() -> None:
    stream = Terminal()
    with Bar("Pictures", 3, stream) as bar:
        bar.advance(3)
    assert stream.getvalue().count("\n") == 1
    assert stream.getvalue().rsplit("\r", 1)[1].split("]")[0].count("#") == 28
    assert "100%  3/3" in stream.getvalue()
