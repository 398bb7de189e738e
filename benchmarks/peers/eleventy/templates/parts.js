// What the templates share: the frame of a page, a story as a card, stories by theme, an Atom feed.
export const escape = (text) =>
  String(text).replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;").replace(/"/g, "&quot;");

const listed = (names) => names.join(" and ");
const day = (date) => date.toISOString().slice(0, 10);
export const permalink = (story) => `${story.data.week}/#${story.data.anchor}`;

export function page(site, title, place, main) {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escape(title)}</title>
<link rel="canonical" href="${site.url}${place}">
<link rel="alternate" type="application/atom+xml" title="${escape(site.title)}" href="${site.base}feed.atom">
</head>
<body>
<header><p><a href="${site.base}">${escape(site.title)}</a></p>
<nav><a href="${site.base}archive/">Archive</a> <a href="${site.base}themes/">Themes</a></nav></header>
<main>
<h1>${escape(title)}</h1>
${main}
</main>
</body>
</html>
`;
}

export function card(site, titles, story) {
  const { link, title, source, authors, themes } = story.data;
  const chips = themes.map((id) => `<a href="${site.base}themes/${id}/">${escape(titles.get(id))}</a>`).join(" ");
  return `<article id="${story.data.anchor}">
<h3><a href="${escape(link)}">${escape(title)}</a></h3>
<p>${escape(source)} ${escape(listed(authors))} <time datetime="${story.date.toISOString()}">${day(story.date)}</time> <a href="${site.base}${permalink(story)}">Permalink</a></p>
${story.content}
<p>${chips}</p>
</article>
`;
}

export const titlesOf = (themes) => new Map(themes.map((theme) => [theme.id, theme.title]));

export function groups(site, themes, stories) {
  const titles = titlesOf(themes);
  const sections = [...titles, ["elsewhere", "Elsewhere"]].map(([id, title]) => {
    const found = stories.filter((story) => story.data.main === id);
    const cards = found.map((story) => card(site, titles, story)).join("");
    return found.length ? `<section>\n<h2>${escape(title)}</h2>\n${cards}</section>\n` : "";
  });
  return sections.join("");
}

function entry(site, titles, story) {
  const { id, link, title, authors, themes } = story.data;
  const moment = story.date.toISOString();
  const people = authors.map((name) => `<author><name>${escape(name)}</name></author>`).join("");
  const chips = themes.map((one) => `<category term="${one}" label="${escape(titles.get(one))}"/>`).join("");
  return `<entry>
<id>${escape(id)}</id>
<title>${escape(title)}</title>
<published>${moment}</published>
<updated>${moment}</updated>
${people}
<link rel="alternate" type="text/html" href="${escape(link)}"/>
<link rel="related" type="text/html" href="${site.url}${permalink(story)}"/>
${chips}
<content type="html">${escape(story.content)}</content>
</entry>
`;
}

export function feed(site, themes, title, place, stories) {
  const titles = titlesOf(themes);
  return `<?xml version="1.0" encoding="utf-8"?>
<feed xmlns="http://www.w3.org/2005/Atom">
<id>${site.url}${place}</id>
<title>${escape(title)}</title>
<updated>${stories[0].date.toISOString()}</updated>
<author><name>${escape(site.title)}</name></author>
<link rel="alternate" type="text/html" href="${site.url}${place}"/>
${stories.map((story) => entry(site, titles, story)).join("")}</feed>
`;
}
