"""The words of generated stories, about harbours and ships, written for this purpose.

Only the subjects of a theme match its phrases, so that a story has the themes that it was given. No
real person or thing is named.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Topic:
    """A theme of the made-up beat: id, title, the phrases of its rule, what its stories tell of."""

    id: str
    title: str
    match: tuple[str, ...]
    subjects: tuple[str, ...]


TOPICS = (
    Topic("dredging", "Dredging", ("dredg*", "silt", "channel + deepen*"),
          ("dredging of the outer channel", "silt from the river mouth", "a new dredger", "a deepened channel")),
    Topic("ferries", "Ferries", ("ferry", "ferries"),
          ("the night ferry", "ferries to the islands", "a battery ferry", "the last ferry of the evening")),
    Topic("box-terminals", "Box terminals", ("container*", "gantr*"),
          ("container stacks", "empty containers", "a row of gantries", "the new container yard")),
    Topic("pilotage", "Pilots and tugs", ("pilot*", "tug", "tugs"),
          ("the pilots’ roster", "a pilot boat", "two harbour tugs", "compulsory pilotage")),
    Topic("lights-and-buoys", "Lights and buoys", ("lighthouse*", "buoy*", "beacon*"),
          ("the old lighthouse", "buoys along the fairway", "a drifting buoy", "the beacon on the mole")),
    Topic("catch-quotas", "Catch quotas", ("herring", "cod", "quota*"),
          ("the herring quota", "quotas for small boats", "a ban on cod", "next season’s quota")),
    Topic("shore-power", "Shore power", ("shore power", "plug* + berth*"),
          ("shore power for coasters", "plugs at the cruise berth", "the price of shore power", "a shore power grid")),
    Topic("grain", "Grain and silos", ("grain", "silo*", "barley"),
          ("grain cargoes", "a grain silo", "barley from upriver", "dust in the silos")),
    Topic("salvage", "Wrecks and salvage", ("salvage*", "wreck*"),
          ("the salvage of a coaster", "a wreck on the bar", "salvage rights", "the wreck in the roads")),
    Topic("customs", "Customs", ("customs", "bonded"),
          ("customs seals", "a bonded shed", "the customs queue", "customs forms")),
)  # fmt: skip

PLACES = (
    "Aldermouth", "Brackhaven", "Carrow Sound", "Dunmere", "Eastquay", "Fallow Point", "Gullness", "Hollin Bay",
    "Inver Stane", "Kelsey Roads", "Lowmarsh", "Marrick", "Nethersluice", "Orrin", "Pellhaven", "Quarrel Head",
    "Redsand", "Saltby", "Thornwick", "Upper Lade", "Varnholm", "Westering", "Yarrowmouth",
)  # fmt: skip
PEOPLE = (
    "Ada Moorcroft", "Bram Telford", "Cato Vinter", "Dilys Arkwright", "Edda Solheim-Pryce", "Finn O’Marrow",
    "Greta Lindqvist-Hale", "Hal Osgood", "Ines Carvalhoe", "Jory Penhallick", "Kit Sandeman", "Lotte Brandsma-Reed",
)  # fmt: skip
ACTORS = (
    "the harbour board", "the town council", "the dockers’ union", "a shipowner", "an insurer", "the ministry",
    "a court", "the night shift", "a broker", "the coast office", "an engineer", "a neighbour", "the auditor",
)  # fmt: skip
VERBS = (
    "delays", "welcomes", "questions", "pays for", "reconsiders", "argues over", "puts off", "speeds up", "counts on",
    "warns about", "looks again at", "votes on", "inspects", "doubles", "halves", "gives up on",
)  # fmt: skip
PAST = (
    "put off", "paid for", "argued about", "looked into", "agreed to", "turned down", "inspected", "postponed",
    "welcomed", "objected to", "asked for more time on", "set aside money for", "wrote a long letter about",
)  # fmt: skip
REASONS = (
    "after a hard winter", "as costs climb", "for the third time", "in spite of fog", "with spring tides near",
    "while talks go on", "before the summer season", "against advice", "without a word", "to save the night shift",
    "now that the money is there", "on the eve of a strike", "as a rival offers more", "for want of crews",
)  # fmt: skip
REMARKS = (
    "A decision is expected before the end of the month.",
    "Nobody at the meeting would say what it is going to cost.",
    "The figures come from a report that the board had kept to itself since autumn.",
    "Work could begin as early as the second week of April, weather permitting.",
    "It is the largest sum that the town has spent on its waterfront in twenty years.",
    "“We have waited long enough,” said one of those who were there.",
    "Two neighbouring ports have made the same choice and do not regret it.",
    "Traffic fell by 7.5% in the first half of the year, to 1,240 calls.",
    "Those who live along the quay were told on the day itself.",
    "The contract is worth $18 million, and may be extended twice.",
    "What was promised five years ago has still not been built.",
    "Small boats keep to the old rules until further notice.",
    "A spokeswoman said the plan was “sound, if not cheap”, and would be looked at again.",
    "The rule names sizes in *gross tons*, and exempts vessels below 300_GT.",
    "The firm of Marl & Sons has asked for a second opinion [sic].",
    "Others at the table pointed to the tide tables, and to last year’s losses.",
    "It isn’t clear who would have to pay if the work took longer than planned.",
    "Shares in the operator rose 3% on the news before they fell back.",
    "An inquiry that was opened in March has heard 41 witnesses so far.",
    "The berths are to stay open at night, and at weekends for half of the crews.",
)
ASIDES = (
    "Worth reading for the *second half*, which asks who pays.",
    "The figure to remember is **one in five**; last year it was one in nine.",
    "Compare what the board said [in its own minutes](https://minutes.example/harbour/{number}).",
    "We had [a first look at this]({earlier}) some time ago, and it holds.",
    "This is the *third* such plan; none of the others got past the council.",
    "The document itself is [short and plain](https://papers.example/{number}.pdf), and says more.",
    "There is a longer view in [what we noted then]({earlier}), with **the numbers**.",
    "What is missing here: the view of those who work nights.",
)
POINTS = (
    "who decides is still open",
    "the money is *not* in this year’s budget",
    "crews were **not** asked",
    "the neighbours have a [plan of their own](https://plans.example/{number})",
    "a vote is due in the autumn",
    "tide and weather leave few days for it",
)
GREETINGS = (
    "It was a week of small print. Much was announced, little was decided, and what was decided will cost more.",
    "Fog lay over most ports this week, and over most of the numbers as well.",
    "The boards met, the crews waited, and in the end the tide settled more than either.",
    "Four weeks of talk have become one page of rules. We have read it so that you need not.",
)
