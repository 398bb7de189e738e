import { card, page, titlesOf } from "./parts.js";

const place = ({ id, number }) => (number === 1 ? `themes/${id}/` : `themes/${id}/page/${number}/`);

export const data = {
  pagination: { data: "collections.themePages", size: 1, alias: "part" },
  permalink: ({ part }) => `${place(part)}index.html`,
  eleventyExcludeFromCollections: true,
};

export function render({ site, part, collections }) {
  const titles = titlesOf(collections.themes);
  const introduction = part.number === 1 ? collections.themes.find(({ id }) => id === part.id).introduction.content : "";
  const cards = part.stories.map((story) => card(site, titles, story)).join("");
  const link = (step, rel, words) => `<a rel="${rel}" href="${site.base}${place({ ...part, number: part.number + step })}">${words}</a>`;
  const newer = part.number > 1 ? link(-1, "next", "Newer") : "";
  const older = part.number < part.of ? link(1, "prev", "Older") : "";
  const main = `${introduction}<p>${part.count} stories. <a href="feed.atom">Atom feed</a></p>\n${cards}<nav>${newer} ${older}</nav>`;
  return page(site, titles.get(part.id), place(part), main);
}
