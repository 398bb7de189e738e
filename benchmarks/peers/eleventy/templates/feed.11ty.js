import { feed } from "./parts.js";

export const data = { permalink: "feed.atom", eleventyExcludeFromCollections: true };

export function render({ site, collections }) {
  const count = Math.max(50, collections.weeks[0].stories.length);
  return feed(site, collections.themes, site.title, "", collections.stories.slice(0, count));
}
