/* The suite as a test of a worker. */
import { main } from './all.mjs'

export default {
  async test() {
    console.log(await main())
  },
}
