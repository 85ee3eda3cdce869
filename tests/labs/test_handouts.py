"""Every command and every transcript of a handout is run again and compared."""

import pytest
import test_docs as docs

from hv16.labs import lab as labs

HANDOUTS = {lab.folder.name: lab.folder / "README.md" for lab in labs.all_labs().values()}
tree = docs.tree


@pytest.mark.parametrize("name", HANDOUTS)
def test_commands_do_what_is_shown(name, tree):
    played = docs.sessions(HANDOUTS[name])
    assert played
    complaints = [complaint for session in played for complaint in docs.play(session, tree)]
    assert not complaints, "\n\n".join(complaints)


@pytest.mark.parametrize("name", HANDOUTS)
def test_it_is_plain_text(name):
    docs.test_plain_text(HANDOUTS[name])
