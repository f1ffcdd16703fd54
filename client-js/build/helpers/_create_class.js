// The accessors of a class for ES5; its methods are assigned. @swc/helpers has one of its own, which
// is longer: it also defines methods and static members.
export function _(Class, accessors) {
  for (let index = 0; index < accessors.length; index++) {
    const accessor = accessors[index];
    accessor.configurable = true;
    Object.defineProperty(Class.prototype, accessor.key, accessor);
  }
}
