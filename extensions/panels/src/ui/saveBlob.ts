/** Have the browser save a file where the person keeps downloads. */
export function saveBlob(blob: Blob, name: string): void {
  const url = URL.createObjectURL(blob);
  Object.assign(document.createElement('a'), { href: url, download: name }).click();
  // The browser takes it up a moment later.
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}
