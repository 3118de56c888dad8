const SLAB_BYTES = 16 * 1024;

/**
 * Short texts that live as long as a connection, side by side. Node's own pool would do, if it were not shared with
 * everything that lives for a moment: each slice that stays would hold kilobytes of what is long gone.
 */
class Slab {
  private bytes = Buffer.alloc(0);
  private used = 0;

  keep(text: string): Buffer {
    const size = Buffer.byteLength(text);
    if (size > this.bytes.length - this.used) {
      this.bytes = Buffer.allocUnsafeSlow(Math.max(size, SLAB_BYTES));
      this.used = 0;
    }
    const kept = this.bytes.subarray(this.used, (this.used += size));
    kept.write(text);
    return kept;
  }
}

export const slab = new Slab();
