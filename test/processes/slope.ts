/* How fast something grows: the slope of the line through points, by least squares. */

export function slopeOf(points: readonly (readonly [number, number])[]): number {
  const middle = (of: (point: readonly [number, number]) => number): number =>
    points.reduce((sum, point) => sum + of(point), 0) / points.length
  const [x, y] = [middle(([at]) => at), middle(([, value]) => value)]
  return middle(([at, value]) => (at - x) * (value - y)) / middle(([at]) => (at - x) ** 2)
}
