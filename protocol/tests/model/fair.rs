use crate::world::World;

/// Packets and deadlines after which a run that has not come to an end never will.
const STEPS: usize = 400;
/// Deadlines in a row without anything under way.
const TICKS: usize = 60;

/// Lets the link behave from now on, and time pass only when nothing is under way.
///
/// Then either all that was sent arrives, or both sides end.
pub(crate) fn run(mut world: World) -> Result<(), String> {
    let mut log = Vec::new();
    let mut ticks = 0;
    for _ in 0..STEPS {
        if let Some(action) = world.deliveries().first().copied() {
            log.push(world.describe(action));
            world
                .act(action)
                .map_err(|what| format!("{what}, in a run without faults: {log:#?}"))?;
            continue;
        }
        if is_settled(&world) {
            return Ok(());
        }
        ticks += 1;
        if ticks > TICKS {
            break;
        }
        log.push("time passes".into());
        world
            .tick()
            .map_err(|what| format!("{what}, in a run without faults: {log:#?}"))?;
    }
    let tail = log.split_off(log.len().saturating_sub(60));
    Err(format!(
        "no end of a run without faults: {tail:#?}, up {:?}, down {:?}, client {:?}, server {:?}",
        world.up, world.down, world.client_end, world.server_end
    ))
}

/// Whether all that has to happen has happened, while nothing is under way.
fn is_settled(world: &World) -> bool {
    if world.client.is_closed() || world.server.is_closed() {
        return world.client.is_closed() && world.server.is_closed();
    }
    let all_arrived = world.up.got == world.up.sent && world.down.got == world.down.sent;
    let is_open = world.client.is_open() && world.server.engine().is_open();
    is_open && all_arrived && world.client.is_attached()
}
