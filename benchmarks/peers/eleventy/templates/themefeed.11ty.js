import { feed } from "./parts.js";

export const data = {
  pagination: { data: "collections.themes", size: 1, alias: "theme" },
  permalink: ({ theme }) => `themes/${theme.id}/feed.atom`,
  eleventyExcludeFromCollections: true,
};

export function render({ site, theme, collections }) {
  return feed(site, collections.themes, theme.title, `themes/${theme.id}/`, theme.stories.slice(0, 50));
}
