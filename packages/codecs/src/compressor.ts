/*
 * What all compressors share: from which size it is done at all, and from which size it is done elsewhere.
 *
 * `above`       smaller values are left alone: a compressor has a fixed cost, and there is nothing to gain
 * `asyncAbove`  larger ones are handed to a thread of Node's pool. Below, waiting for the thread costs more than the
 *               work; above, the event loop would stand still for more than a quarter of a millisecond
 *
 * The defaults are measured, for the fast levels: docs/codecs.md has the figures.
 */

import { type ByteSize, checkOptions, isBytes, type OptionTable, readBytes } from '@larder/core'

/**
 * What every compressor takes.
 *
 * @example
 * const options: CompressorOptions = { above: '4kb', asyncAbove: '256kb' } // smaller values stay as they are
 * const small = codec({ compressor: lz4(options) })
 */
export interface CompressorOptions {
  /** Smaller values are not compressed. */
  readonly above?: ByteSize
  /** Larger ones are compressed and unpacked off the main thread. Infinity: never. */
  readonly asyncAbove?: ByteSize
}

interface Sizes {
  readonly above: number
  readonly asyncAbove: number
}

/** Checks the options of a compressor, with those that only it has. */
export function sizesOf(
  what: string,
  { above, asyncAbove, ...own }: CompressorOptions,
  defaults: Sizes,
  table: OptionTable = {},
): Sizes {
  checkOptions(what, { above, asyncAbove, ...own }, { above: isBytes, asyncAbove: isBytes, ...table })
  return {
    above: Number(readBytes(above ?? defaults.above)),
    asyncAbove: Number(readBytes(asyncAbove ?? defaults.asyncAbove)),
  }
}

/** A whole number from `least` to `most`. */
export function isLevel(least: number, most: number): (value: unknown) => string | undefined {
  return (value) =>
    Number.isInteger(value) && Number(value) >= least && Number(value) <= most
      ? undefined
      : `must be a whole number from ${least} to ${most}, not ${typeof value === 'number' ? value : `a ${typeof value}`}`
}
