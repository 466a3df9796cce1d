import { type Token, type User } from '../records.js';
import { attributesText } from './words.js';

/** Those whose name, roles or attributes have all words of a text. */
export function matching(users: readonly User[], text: string): User[] {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  return users.filter(user => {
    const said = [user.name, user.display_name, ...user.roles, attributesText(user.attributes), user.disabled_at ? 'disabled' : ''].join(' ').toLowerCase();
    return words.every(word => said.includes(word));
  });
}

/** Whether it opens anything still. */
export const isActive = (token: Token, now: number): boolean => token.revoked_at === null && (token.expires_at === null || Date.parse(token.expires_at) > now);

/** How many tokens each has that open something. */
export function activeTokens(tokens: readonly Token[], now: number): Map<string, number> {
  const found = new Map<string, number>();
  for (const token of tokens.filter(each => isActive(each, now))) {
    found.set(token.principal.name, (found.get(token.principal.name) ?? 0) + 1);
  }
  return found;
}

/** When each showed a token last, of those who have. */
export function lastSeen(tokens: readonly Token[]): Map<string, string> {
  const found = new Map<string, string>();
  for (const { principal, used_at: at } of tokens) {
    if (at && at > (found.get(principal.name) ?? '')) {
      found.set(principal.name, at);
    }
  }
  return found;
}

/** What stands in a field for several: `gold.*, silver.people`. */
export const patterns = (text: string): string[] => text.split(/[\s,]+/).filter(Boolean);
