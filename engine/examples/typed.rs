//! Values that need drop, in order: monsters of one type, and commands of many.
//!
//! A `TypedArena` holds the monsters that a wave spawns; a `DynArena` holds what is to be done to
//! them at the frame's end. Both drop what they hold at reset and keep their memory.

use frame_arena::{DynArena, FrameArena, TypedArena, frame_format};

struct Monster {
    name: String,
    health: i32,
}

impl Drop for Monster {
    fn drop(&mut self) {
        println!("  {} leaves", self.name);
    }
}

/// Something to be done at the end of the frame.
trait Command {
    fn run(&self, monsters: &mut TypedArena<Monster>);
}

struct Damage {
    target: &'static str,
    points: i32,
}

impl Command for Damage {
    fn run(&self, monsters: &mut TypedArena<Monster>) {
        for monster in monsters.iter_mut().filter(|monster| monster.name == self.target) {
            monster.health -= self.points;
        }
    }
}

/// Renames every monster that is still strong.
struct Promote {
    title: String,
}

impl Command for Promote {
    fn run(&self, monsters: &mut TypedArena<Monster>) {
        for monster in monsters.iter_mut().filter(|monster| monster.health > 5) {
            monster.name.insert_str(0, &self.title);
        }
    }
}

fn main() {
    let mut monsters = TypedArena::new();
    let mut commands = DynArena::<dyn Command>::new();
    let mut labels = FrameArena::new();
    for wave in 1..=2 {
        labels.reset();
        println!("wave {wave}");
        for name in ["orc", "wolf", "troll"] {
            let monster = monsters.alloc(Monster { name: name.to_string(), health: 10 });
            monster.health *= wave;
        }
        commands.alloc(Damage { target: "wolf", points: 8 }, |command| command);
        commands.alloc(Promote { title: String::from("chief ") }, |command| command);
        commands.alloc(Damage { target: "chief orc", points: 1 }, |command| command);
        for command in &mut commands {
            command.run(&mut monsters);
        }
        commands.reset();
        for monster in &mut monsters {
            println!("{}", frame_format!(in &labels, "{:>12} {:3}", monster.name, monster.health));
        }
        monsters.reset();
    }
    let [monsters, commands] = [monsters.stats(), commands.stats()];
    println!("blocks: {} and {}", monsters.block_count, commands.block_count);
}
