"""The ids under which writers exclude one another."""

from service.streaming.producers import writer_id


def test_deployments_whose_names_meet_share_no_transactional_id() -> None:
    """A group and a topic whose names join to the same string get different ids, and so does a replay."""
    ids = {
        writer_id("g", "eu-x", 0),
        writer_id("g-eu", "x", 0),
        writer_id("g", "replay"),
        writer_id("g-replay", "x", 0),
    }
    assert len(ids) == 4
    assert writer_id("claimwire", "articles", 11) == "claimwire/articles/11"
