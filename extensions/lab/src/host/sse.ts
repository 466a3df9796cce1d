export interface SseMessage {
  id: string | null;
  event: string;
  data: string;
}

/** Server-sent events from text that comes in pieces (the HTML standard's grammar, without `retry`). */
export class SseParser {
  private rest = '';

  push(piece: string): SseMessage[] {
    // A piece may end between the two characters of a line end; a lone CR is never used by our server.
    const blocks = (this.rest + piece).replace(/\r\n/g, '\n').split('\n\n');
    this.rest = blocks.pop() ?? '';
    return blocks.map(parseBlock).filter(message => message.data !== '');
  }
}

function parseBlock(block: string): SseMessage {
  const message: SseMessage = { id: null, event: 'message', data: '' };
  const data: string[] = [];
  for (const line of block.split('\n')) {
    const colon = line.indexOf(':');
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '');
    if (field === 'data') {
      data.push(value);
    } else if (field === 'id') {
      message.id = value;
    } else if (field === 'event') {
      message.event = value;
    }
  }
  message.data = data.join('\n');
  return message;
}
