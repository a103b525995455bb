/* The suite as a test of a worker. */
import { main } from 'suite'

export default {
  async test() {
    console.log(await main())
  },
}
