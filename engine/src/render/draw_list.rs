//! From render objects to one array of instances, sorted by layer.

use arrayvec::ArrayVec;
use bevy_ecs::resource::Resource;
use bytemuck::{Pod, Zeroable};
use glam::Vec2;

use crate::arena::{Part, PartedVec};
use crate::ecs::Workers;
use crate::{AllocError, FrameArena, FrameVec, SliceHandle, StrHandle, ThreadArenas};

/// A body that can be seen.
#[derive(Clone, Copy, Debug)]
pub struct RenderObject {
    /// Centre, in metres.
    pub position: Vec2,
    /// Metres.
    pub radius: f32,
    /// Red, green, blue, opacity.
    pub tint: [u8; 4],
    /// Drawn in ascending order.
    pub layer: u8,
    /// Past positions in metres, newest first, if there are any to draw.
    pub trail: Option<SliceHandle<Vec2>>,
}

/// One disc for the graphics card. 16 bytes, without padding: `bytemuck::cast_slice` gives the
/// bytes to upload.
///
/// ```
/// use frame_arena::render::Instance;
///
/// let disc = Instance { x: 1.0, y: 2.0, size: 0.5, rgba: [255, 0, 0, 255] };
/// assert_eq!(bytemuck::cast_slice::<_, u8>(&[disc, disc]).len(), 32);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Pod, Zeroable)]
#[repr(C)]
pub struct Instance {
    /// Centre, in metres to the right of the world's middle.
    pub x: f32,
    /// Centre, in metres above the world's middle.
    pub y: f32,
    /// Diameter in metres: the side of the quad around the disc.
    pub size: f32,
    /// Red, green, blue, opacity; bytes from 0 to 255.
    pub rgba: [u8; 4],
}

/// Text beside a body.
#[derive(Clone, Copy, Debug)]
pub struct PlacedLabel {
    /// The body's centre, in metres.
    pub position: Vec2,
    /// Metres: how far from the centre the body ends.
    pub radius: f32,
    /// The text, in the render arena.
    pub text: StrHandle,
}

/// What there is to draw in this frame, as handles into the arena of `phase::Render`.
///
/// They can be resolved until the next frame begins. `None` where the arena refused it.
#[derive(Resource, Clone, Copy, Debug, Default)]
pub struct DrawList {
    /// The visible bodies, in the order of the world.
    pub objects: Option<SliceHandle<RenderObject>>,
    /// Discs, lowest layer first; in a layer in the order of the objects; each trail before its
    /// body, oldest point first.
    pub instances: Option<SliceHandle<Instance>>,
    /// Texts.
    pub labels: Option<SliceHandle<PlacedLabel>>,
    /// What was left out since the start.
    pub shortfall: RenderShortfall,
}

/// What the draw list lacks, since the start. All zero in a healthy game.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RenderShortfall {
    /// Whole lists that the arena refused: such a frame shows no bodies, or no labels.
    pub lists_refused: u64,
    /// Bodies drawn without their trail.
    pub trails_refused: u64,
    /// Labels left out.
    pub labels_refused: u64,
}

impl RenderShortfall {
    /// The result, or `None` and a count more.
    pub(crate) fn note<T>(&mut self, result: Result<T, AllocError>) -> Option<T> {
        self.lists_refused += u64::from(result.is_err());
        result.ok()
    }
}

/// A point of a trail: smaller and fainter with age, 0 for the newest.
#[must_use]
#[inline]
pub fn trail_instance(object: &RenderObject, point: Vec2, age: usize, len: usize) -> Instance {
    let left = (len - age) as f32 / (len + 1) as f32;
    let [red, green, blue, opacity] = object.tint;
    Instance {
        x: point.x,
        y: point.y,
        size: object.radius * 2.0 * left,
        // Half of the body's own at most, so that the body stands out.
        rgba: [red, green, blue, (f32::from(opacity) * left * 0.5) as u8],
    }
}

/// The body itself.
#[must_use]
#[inline]
pub fn body_instance(object: &RenderObject) -> Instance {
    let Vec2 { x, y } = object.position;
    Instance { x, y, size: object.radius * 2.0, rgba: object.tint }
}

/// Objects that one job sorts: a number that does not depend on the threads.
const BLOCK_OBJECTS: usize = 4_096;

/// Layers that there can be.
const LAYER_COUNT: usize = 256;

/// Some of the objects, and how many instances each layer gets from them.
struct Block<'a> {
    objects: &'a [RenderObject],
    counts: &'a mut [u32; LAYER_COUNT],
}

/// Turns objects and their trails into instances sorted by layer (counting sort, stable; Knuth,
/// TAOCP 3, 5.2), on all threads. 16 bytes an instance. Trails that are not the present ones of
/// `arenas` are left out.
///
/// # Errors
/// If the arena refuses.
pub fn sort_instances(
    objects: &[RenderObject],
    arenas: &ThreadArenas,
    workers: &Workers,
) -> Result<SliceHandle<Instance>, AllocError> {
    let arena = arenas.local();
    let block_count = objects.len().div_ceil(BLOCK_OBJECTS);
    let counts = arena.try_alloc_slice_fill_with(block_count, |_| [0; LAYER_COUNT])?;
    let mut blocks = FrameVec::try_with_capacity_in(block_count, arena)?;
    for (objects, counts) in objects.chunks(BLOCK_OBJECTS).zip(counts) {
        blocks.push(Block { objects, counts });
    }
    workers.for_each_mut(&mut blocks, |_, block| block.count(arenas));
    let instance_count = blocks.iter().map(Block::instance_count).sum();
    let mut instances = PartedVec::try_new(instance_count, arena)?;
    write_blocks(&blocks, instances.parts(), arenas, workers)?;
    Ok(instances.into_vec().publish())
}

/// Writes all blocks' instances.
fn write_blocks(
    blocks: &[Block<'_>],
    instances: Part<'_, Instance>,
    arenas: &ThreadArenas,
    workers: &Workers,
) -> Result<(), AllocError> {
    let arena = arenas.local();
    let mut runs = cut_runs(blocks, instances, arena)?;
    let mut jobs = FrameVec::try_with_capacity_in(blocks.len(), arena)?;
    for (block, runs) in blocks.iter().zip(&mut runs) {
        jobs.push((block, &mut runs[..]));
    }
    workers.for_each_mut(&mut jobs, |_, (block, runs)| block.write(runs, arenas));
    Ok(())
}

/// The runs of instances that each block fills: one for each layer that it has, layer after layer,
/// and in a layer block after block.
fn cut_runs<'a, 'p>(
    blocks: &[Block<'_>],
    mut rest: Part<'p, Instance>,
    arena: &'a FrameArena,
) -> Result<FrameVec<'a, FrameVec<'a, Part<'p, Instance>>>, AllocError> {
    let mut all = FrameVec::try_with_capacity_in(blocks.len(), arena)?;
    for block in blocks {
        all.push(FrameVec::try_with_capacity_in(block.layers().count(), arena)?);
    }
    for layer in 0..LAYER_COUNT {
        for (block, runs) in blocks.iter().zip(&mut all) {
            let len = block.counts[layer] as usize;
            if len > 0 {
                runs.push(rest.split(len));
            }
        }
    }
    Ok(all)
}

impl Block<'_> {
    fn count(&mut self, arenas: &ThreadArenas) {
        for object in self.objects {
            let len = 1 + trail_of(object, arenas).len();
            self.counts[usize::from(object.layer)] += len as u32;
        }
    }

    fn instance_count(&self) -> usize {
        self.counts.iter().map(|&count| count as usize).sum()
    }

    /// Layers that the block has.
    fn layers(&self) -> impl Iterator<Item = usize> {
        (0..LAYER_COUNT).filter(|&layer| self.counts[layer] > 0)
    }

    /// Writes the block's instances, each layer's to its run.
    fn write(&self, runs: &mut [Part<'_, Instance>], arenas: &ThreadArenas) {
        let mut places = [0u8; LAYER_COUNT];
        for (place, layer) in self.layers().enumerate() {
            places[layer] = place as u8;
        }
        // Whole runs first, so that each is known to be written; then object after object.
        let mut slots: ArrayVec<&mut [Instance], LAYER_COUNT> =
            runs.iter_mut().map(|run| run.take().fill(Instance::default())).collect();
        for object in self.objects {
            let points = trail_of(object, arenas);
            let rest = &mut slots[usize::from(places[usize::from(object.layer)])];
            let (front, behind) = core::mem::take(rest).split_at_mut(points.len() + 1);
            *rest = behind;
            if let Some((body, trail)) = front.split_last_mut() {
                *body = body_instance(object);
                for ((age, &point), slot) in points.iter().enumerate().zip(trail.iter_mut().rev()) {
                    *slot = trail_instance(object, point, age, points.len());
                }
            }
        }
    }
}

/// Past positions, newest first.
fn trail_of<'a>(object: &RenderObject, arenas: &'a ThreadArenas) -> &'a [Vec2] {
    object.trail.and_then(|trail| arenas.get(trail).ok()).unwrap_or(&[])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn objects(arena: &ThreadArenas) -> Vec<RenderObject> {
        let point = |n: usize| Vec2::new(n as f32, 0.5);
        let trail = |n: usize| arena.local().publish_slice_from_iter((0..n % 5).map(point));
        (0..300)
            .map(|n| RenderObject {
                position: point(n),
                radius: 0.25,
                tint: [n as u8, 1, 2, 200],
                layer: (n * 37 % 11) as u8 * 25,
                trail: (!n.is_multiple_of(3)).then(|| trail(n)),
            })
            .collect()
    }

    fn brute_force(objects: &[RenderObject], arena: &ThreadArenas) -> Vec<Instance> {
        let mut sorted: Vec<&RenderObject> = objects.iter().collect();
        sorted.sort_by_key(|object| object.layer);
        let mut instances = Vec::new();
        for object in sorted {
            let points = object.trail.map_or(&[][..], |trail| arena.get(trail).unwrap());
            for (age, &point) in points.iter().enumerate().rev() {
                instances.push(trail_instance(object, point, age, points.len()));
            }
            instances.push(body_instance(object));
        }
        instances
    }

    #[test]
    fn instances_are_sorted_by_layer_and_stable() {
        let arena = ThreadArenas::new();
        let objects = objects(&arena);
        let instances = sort_instances(&objects, &arena, &Workers::serial()).unwrap();
        assert_eq!(arena.get(instances).unwrap(), brute_force(&objects, &arena));
    }

    #[test]
    fn many_blocks_on_many_threads_are_one_sorted_list() {
        let arena = ThreadArenas::new();
        let few = objects(&arena);
        let many: Vec<RenderObject> = few.iter().copied().cycle().take(20_000).collect();
        for threads in [1, 3] {
            let workers = Workers::try_new(threads).unwrap();
            let instances = sort_instances(&many, &arena, &workers).unwrap();
            assert_eq!(arena.get(instances).unwrap(), brute_force(&many, &arena));
        }
    }

    #[test]
    fn a_block_may_have_every_layer_there_is() {
        let arena = ThreadArenas::new();
        let mut objects = objects(&arena);
        for (n, object) in objects.iter_mut().enumerate() {
            object.layer = n as u8;
        }
        let instances = sort_instances(&objects, &arena, &Workers::serial()).unwrap();
        assert_eq!(arena.get(instances).unwrap(), brute_force(&objects, &arena));
    }

    #[test]
    fn no_objects_give_an_empty_list() {
        let arena = ThreadArenas::new();
        let instances = sort_instances(&[], &arena, &Workers::serial()).unwrap();
        assert!(arena.get(instances).unwrap().is_empty());
    }

    #[test]
    fn trails_of_another_frame_are_left_out() {
        let mut arena = ThreadArenas::new();
        let objects = objects(&arena);
        arena.begin_frame();
        let instances = sort_instances(&objects, &arena, &Workers::serial()).unwrap();
        assert_eq!(arena.get(instances).unwrap().len(), objects.len());
    }

    #[test]
    fn trail_points_fade_and_shrink_with_age() {
        let arena = ThreadArenas::new();
        let object = objects(&arena)[4];
        let points = [0, 1, 2].map(|age| trail_instance(&object, Vec2::ZERO, age, 3));
        assert!(points.is_sorted_by(|a, b| a.size > b.size && a.rgba[3] > b.rgba[3]));
        assert!(points[0].size < body_instance(&object).size);
    }
}
