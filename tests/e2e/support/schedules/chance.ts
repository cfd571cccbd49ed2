/** SplitMix64: all that a schedule draws. */

export class Chance {
  #state: bigint

  constructor(seed: number) {
    this.#state = BigInt.asUintN(64, BigInt(seed) * 0xd605_1bd5_7a04_9cd3n)
  }

  /** One of 0 … `bound` − 1. */
  below(bound: number): number {
    this.#state = BigInt.asUintN(64, this.#state + 0x9e37_79b9_7f4a_7c15n)
    let mixed = this.#state
    mixed = BigInt.asUintN(64, (mixed ^ (mixed >> 30n)) * 0xbf58_476d_1ce4_e5b9n)
    mixed = BigInt.asUintN(64, (mixed ^ (mixed >> 27n)) * 0x94d0_49bb_1331_11ebn)
    mixed ^= mixed >> 31n
    return bound < 1 ? 0 : Number(mixed % BigInt(Math.floor(bound)))
  }

  /** True once in `times`. */
  oneIn(times: number): boolean {
    return this.below(times) === 0
  }

  /** One of these. */
  of<T>(choices: readonly [T, ...T[]]): T {
    return choices[this.below(choices.length)] ?? choices[0]
  }

  /** One of these, each as often as its weight says. */
  weighted<T>(...choices: [weight: number, choice: T][]): T {
    let left = this.below(choices.reduce((sum, [weight]) => sum + weight, 0))
    for (const [weight, choice] of choices) {
      if (left < weight) return choice
      left -= weight
    }
    throw new RangeError('weights sum up to more than what is below their sum')
  }
}
