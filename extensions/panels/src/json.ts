const LONG_INTEGER = /"(?:[^"\\]|\\.)*"|-?\d{16,}(?![\d.eE])/g;

/**
 * `JSON.parse` that keeps integers beyond 2^53 (snapshot ids) exact, as text.
 */
export function parseJson(text: string): unknown {
  if (!/\d{16}/.test(text)) {
    return JSON.parse(text);
  }
  return JSON.parse(
    text.replace(LONG_INTEGER, token =>
      token.startsWith('"') || Number.isSafeInteger(Number(token)) ? token : `"${token}"`
    )
  );
}
