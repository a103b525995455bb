/*
 * Calls between two processes: one end answers with the methods of an object, the other calls them.
 */

/** One end of the pipe between a process and its child. */
export interface End {
  send(message: object): unknown
  on(event: 'message', listener: (message: unknown) => void): unknown
}

interface Question {
  readonly question: number
  readonly method: string
  readonly args: readonly unknown[]
}

interface Answer {
  readonly answer: number
  readonly value?: unknown
  readonly failure?: string
}

const has = <K extends string>(message: unknown, name: K): message is Readonly<Record<K, unknown>> =>
  typeof message === 'object' && message !== null && name in message

export function answering(end: End, by: object): void {
  const answer = async ({ question, method, args }: Question): Promise<Answer> => {
    try {
      const asked = Reflect.get(by, method) as (...args: readonly unknown[]) => Promise<unknown>
      return { answer: question, value: await asked.apply(by, [...args]) }
    } catch (error) {
      return { answer: question, failure: String(error) }
    }
  }
  end.on('message', (message) => {
    if (!has(message, 'question')) return
    answer(message as unknown as Question).then(
      (said) => end.send(said),
      () => {},
    )
  })
}

export type Call = <T>(method: string, ...args: readonly unknown[]) => Promise<T>

export function calling(end: End): Call {
  const waiting = new Map<number, { resolve(value: unknown): void; reject(error: Error): void }>()
  let next = 0

  end.on('message', (message) => {
    if (!has(message, 'answer')) return
    const { answer, value, failure } = message as unknown as Answer
    const asked = waiting.get(answer)
    waiting.delete(answer)
    if (failure === undefined) asked?.resolve(value)
    else asked?.reject(new Error(failure))
  })

  return <T>(method: string, ...args: readonly unknown[]) =>
    new Promise<T>((resolve, reject) => {
      waiting.set(next, { resolve: (value) => resolve(value as T), reject })
      end.send({ question: next++, method, args })
    })
}
