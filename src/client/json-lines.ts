const NEWLINE = 0x0a;

/**
 * Splits a byte stream into lines and parses each as JSON. Lines may span chunks and chunks may end inside a character:
 * text is decoded only when its line is whole, and most lines straight out of the chunk they came in.
 * @throws SyntaxError for a line that is not JSON.
 */
export async function* parseJsonLines(chunks: AsyncIterable<Buffer>): AsyncGenerator<unknown, void, undefined> {
  let started: Buffer[] = [];
  for await (const chunk of chunks) {
    let from = 0;
    for (let to = chunk.indexOf(NEWLINE); to >= 0; to = chunk.indexOf(NEWLINE, from)) {
      const text = started.length === 0 ? chunk.toString('utf8', from, to) : joined(started, chunk.subarray(from, to));
      started = [];
      from = to + 1;
      if (text !== '') yield JSON.parse(text);
    }
    if (from < chunk.length) started.push(chunk.subarray(from));
  }
  const rest = Buffer.concat(started).toString().trim();
  if (rest !== '') yield JSON.parse(rest);
}

function joined(started: Buffer[], end: Buffer): string {
  return Buffer.concat([...started, end]).toString();
}
