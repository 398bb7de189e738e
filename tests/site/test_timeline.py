"""A theme over time, in words."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from digest.site import timeline
from digest.site.timeline import Timeline
from digest.week import Week

W20 = Week(2026, 20)


def made(now: Week, **counts: int) -> Timeline:
    """The timeline of a theme with the counts of weeks of 2026: `w07=3`."""
    found = timeline.timeline_of(
        {Week(2026, int(week[1:])): number for week, number in counts.items()}, now
    )
    assert found is not None
    return found


def test_a_theme_without_stories_or_with_only_this_weeks_has_no_timeline() -> None:
    assert timeline.timeline_of({}, W20) is None
    assert timeline.timeline_of({W20: 4}, W20) is None
    assert timeline.timeline_of({W20: 0}, W20) is None


def test_a_timeline_runs_from_a_themes_first_week_until_now() -> None:
    found = made(W20, w07=1, w18=3, w20=2)

    assert (found.first, found.until) == (Week(2026, 7), W20)
    assert found.active == "in 3 of 14 weeks, at most 3 stories a week (week 18, 2026)"
    assert found.since == ""


def test_one_story_at_a_time_has_no_busiest_week() -> None:
    assert made(W20, w19=1, w20=1).active == "in 2 of 2 weeks, never more than one story"


def test_several_busiest_weeks_are_not_named() -> None:
    assert made(W20, w17=2, w19=2, w20=1).active == "in 3 of 4 weeks, at most 2 stories a week"


def test_a_quiet_stretch_takes_three_weeks() -> None:
    assert made(W20, w10=1, w13=1, w16=1).quiet == ""
    assert made(W20, w10=1, w14=1).quiet == "9–29 March 2026 (3 weeks)"


def test_the_longest_of_many_quiet_stretches_are_named_in_order_of_time() -> None:
    found = made(Week(2026, 40), w01=1, w05=1, w12=1, w16=1, w26=1, w31=1, w40=1)

    assert found.quiet == (
        "2 February – 15 March 2026 (6 weeks), 20 April – 21 June 2026 (9 weeks), "
        "3 August – 27 September 2026 (8 weeks) and 3 shorter stretches"
    )


def test_a_quiet_stretch_until_now_is_named_separately() -> None:
    assert made(W20, w17=1).since == "nothing in the 3 weeks since"
    assert made(W20, w18=1).since == ""


@given(st.sets(st.integers(0, 300), min_size=1), st.integers(1, 100))
def test_the_first_week_and_the_time_since_the_last_are_named(
    ordinals: set[int], passed: int
) -> None:
    base = Week(2020, 1).ordinal
    counts = {Week.from_ordinal(base + at): 1 for at in ordinals}

    found = timeline.timeline_of(counts, Week.from_ordinal(base + max(ordinals) + passed))

    assert found is not None
    assert found.first == min(counts)
    assert bool(found.since) == (passed >= 3)
