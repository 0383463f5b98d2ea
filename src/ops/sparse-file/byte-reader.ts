import { SparsityError } from '../../errors.js';

/** Reads bytes one part after the other; a part that is not there is an error. */
export class ByteReader {
  private at = 0;

  /** @param name of the file, for messages. */
  constructor(
    readonly name: string,
    private readonly bytes: Uint8Array,
  ) {}

  /** The next bytes, which share the file's memory. */
  take(count: number): Uint8Array {
    if (count > this.bytes.length - this.at) {
      throw this.damaged(
        `${this.bytes.length - this.at} bytes where ${count} are announced`,
        'all bytes that its header announces',
      );
    }
    this.at += count;
    return this.bytes.subarray(this.at - count, this.at);
  }

  /** Refuses bytes that nobody has taken. */
  end(): void {
    if (this.at === this.bytes.length) return;
    throw this.damaged(`${this.bytes.length - this.at} bytes behind the last tensor`, 'only what its header announces');
  }

  /** The error for a file that says what cannot be. */
  damaged(got: string, expected: string): SparsityError {
    return new SparsityError({ what: this.name, got, expected, fix: 'the file is damaged: save the model again' });
  }
}
