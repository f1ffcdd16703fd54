// `class Sub extends Super` for ES5. @swc/helpers has one of its own, which is longer: it checks
// what Super is, and takes an engine without `__proto__` into account. Such an engine, Internet
// Explorer 10 and before, gets no inherited static members here.
export function _(Sub, Super) {
  Sub.prototype = Object.create(Super.prototype);
  Sub.prototype.constructor = Sub;
  Sub.__proto__ = Super;
}
