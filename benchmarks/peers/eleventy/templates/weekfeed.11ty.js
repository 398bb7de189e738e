import { feed } from "./parts.js";

export const data = {
  pagination: { data: "collections.weeks", size: 1, alias: "week" },
  permalink: ({ week }) => `${week.folder}/feed.atom`,
  eleventyExcludeFromCollections: true,
};

export function render({ site, week, collections }) {
  return feed(site, collections.themes, week.label, `${week.folder}/`, week.stories);
}
