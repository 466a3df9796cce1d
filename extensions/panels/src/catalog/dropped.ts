/** So many files are taken from one drop: a folder that holds more was hardly meant. */
export const MOST_DROPPED = 200;

/**
 * The files that were dropped, those in folders with them, by name. What is hidden (`.git`, `.DS_Store`) is left out. To be called in
 * the event itself: afterwards the browser tells nothing of what was dropped. Stops soon after `MOST_DROPPED`.
 */
export function droppedFiles(transfer: DataTransfer): Promise<File[]> {
  const found = [...transfer.items]
    .filter(item => item.kind === 'file')
    .map(item => {
      const entry = item.webkitGetAsEntry?.();
      return entry?.isDirectory ? (entry as FileSystemDirectoryEntry) : item.getAsFile();
    });
  return collect(found);
}

async function collect(found: readonly (FileSystemDirectoryEntry | File | null)[]): Promise<File[]> {
  const files: File[] = [];
  for (const each of found) {
    if (each instanceof File) {
      files.push(each);
    } else if (each) {
      await walk(each, files);
    }
  }
  return files;
}

async function walk(folder: FileSystemDirectoryEntry, files: File[]): Promise<void> {
  const entries = (await entriesOf(folder)).filter(entry => !entry.name.startsWith('.')).sort((a, b) => a.name.localeCompare(b.name));
  for (const entry of entries) {
    if (files.length > MOST_DROPPED) {
      return;
    }
    if (entry.isDirectory) {
      await walk(entry as FileSystemDirectoryEntry, files);
    } else {
      files.push(await new Promise<File>((resolve, reject) => (entry as FileSystemFileEntry).file(resolve, reject)));
    }
  }
}

/** All that lies in a folder: a reader gives a hundred at a time, and nothing at the end. */
async function entriesOf(folder: FileSystemDirectoryEntry): Promise<FileSystemEntry[]> {
  const reader = folder.createReader();
  const all: FileSystemEntry[] = [];
  for (;;) {
    const some = await new Promise<FileSystemEntry[]>((resolve, reject) => reader.readEntries(resolve, reject));
    if (some.length === 0) {
      return all;
    }
    all.push(...some);
  }
}
