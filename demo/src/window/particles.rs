//! Draws the particles: one instanced draw of 16-byte records, or triangles of three vertices where the graphics card
//! knows no instancing.
//!
//! The one file that speaks to the graphics library below macroquad. Numbered invariants for its only unsafe call:
//!
//! * I1: a [`ParticlePass`] is made and used on the window's thread, inside the window's future, so the context exists.
//! * I2: no other borrow of the context lives while one from [`ParticlePass::with_context`] does: the closures that are
//!   given to it call no macroquad function.

use crate::Instance;
use macroquad::miniquad::{
    Bindings, BlendFactor, BlendState, BufferId, BufferLayout, BufferSource, BufferType,
    BufferUsage, Equation, PassAction, Pipeline, PipelineParams, RenderingBackend, ShaderMeta,
    ShaderSource, UniformBlockLayout, UniformDesc, UniformType, UniformsSource, VertexAttribute,
    VertexFormat, VertexStep,
};
use std::mem::size_of;

const VERTEX: &str = include_str!("../../../assets/shaders/particle.vert.glsl");
const FRAGMENT: &str = include_str!("../../../assets/shaders/particle.frag.glsl");

/// Radius of a sprite per radius of the body: room for the halo.
const SPRITE_PER_RADIUS: f32 = 2.2;
/// Smallest radius that is drawn, in pixels: smaller lights would flicker between pixels.
const RADIUS_MIN_PX: f32 = 0.9;
/// Buffers written in turn, so that the card may still read the last frames'.
const BUFFER_COUNT: usize = 3;
/// Room of the first buffers, in instances.
const FIRST_CAPACITY: usize = 16 * 1024;
/// Particles of a batch without instancing: three corners each, numbered by 16 bits.
const BATCH_PARTICLES: usize = 16 * 1024;
/// A triangle round the unit circle: one triangle a particle costs less to set up than the two of a square.
const CORNERS: [[f32; 2]; 3] = [[-1.732_051, -1.0], [1.732_051, -1.0], [0.0, 2.0]];
/// Its corners in order.
const INDICES: [u16; 3] = [0, 1, 2];

/// A rectangle of the window in pixels, `y` from the top.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ViewPx {
    /// Left edge.
    pub x: f32,
    /// Top edge.
    pub y: f32,
    /// Pixels across.
    pub width: f32,
    /// Pixels down.
    pub height: f32,
    /// Pixels of a metre.
    pub per_m: f32,
}

/// A corner of a particle where there is no instancing.
#[derive(Debug, Clone, Copy, bytemuck::Pod, bytemuck::Zeroable)]
#[repr(C)]
struct Corner {
    corner: [f32; 2],
    of: Instance,
}

/// How instances reach the card.
enum Route {
    Instanced {
        corners: BufferId,
        indices: BufferId,
        rotating: [Option<(BufferId, usize)>; BUFFER_COUNT],
        turn: usize,
    },
    Corners {
        vertices: BufferId,
        indices: BufferId,
        corners: Vec<Corner>,
    },
}

/// The pipeline and buffers that draw particles.
pub struct ParticlePass {
    pipeline: Pipeline,
    route: Route,
    bindings: Bindings,
}

impl ParticlePass {
    /// Compiles the shaders and makes the first buffers. Without `wants_instancing` it sends every corner.
    ///
    /// # Errors
    /// The message of the shader compiler.
    pub fn new(wants_instancing: bool) -> Result<Self, String> {
        Self::with_context(|context| {
            let is_instanced = wants_instancing && context.info().features.instancing;
            let shader = context
                .new_shader(
                    ShaderSource::Glsl { vertex: VERTEX, fragment: FRAGMENT },
                    shader_meta(),
                )
                .map_err(|error| format!("particle shader: {error}"))?;
            let (layouts, attributes) =
                if is_instanced { instanced_layout() } else { corner_layout() };
            let pipeline = context.new_pipeline(&layouts, &attributes, shader, additive());
            let route = if is_instanced { instanced_route(context) } else { corner_route(context) };
            let (Route::Instanced { corners: first, indices, .. }
            | Route::Corners { vertices: first, indices, .. }) = route;
            let bindings = Bindings {
                vertex_buffers: vec![first; layouts.len()],
                index_buffer: indices,
                images: Vec::new(),
            };
            Ok(Self { pipeline, route, bindings })
        })
    }

    /// Whether particles are drawn by instancing.
    #[must_use]
    pub fn is_instanced(&self) -> bool {
        matches!(self.route, Route::Instanced { .. })
    }

    /// Draws into `view` of a window of `screen_px` pixels. What macroquad was told to draw before must be flushed with
    /// [`flush_shapes`].
    pub fn draw(&mut self, instances: &[Instance], view: ViewPx, screen_px: [f32; 2]) {
        if instances.is_empty() || view.width < 1.0 || view.height < 1.0 {
            return;
        }
        Self::with_context(|context| {
            let buffer = self.upload_instances(context, instances);
            context.begin_default_pass(PassAction::Nothing);
            context.apply_pipeline(&self.pipeline);
            let bottom_px = screen_px[1] - view.y - view.height;
            context.apply_scissor_rect(
                view.x as i32,
                bottom_px as i32,
                view.width as i32,
                view.height as i32,
            );
            let uniforms = uniforms(view, screen_px);
            match buffer {
                Some(buffer) => {
                    self.bindings.vertex_buffers[1] = buffer;
                    context.apply_bindings(&self.bindings);
                    context.apply_uniforms(UniformsSource::table(&uniforms));
                    context.draw(0, INDICES.len() as i32, instances.len() as i32);
                }
                None => self.draw_corners(context, instances, uniforms),
            }
            context.end_render_pass();
        });
    }

    /// Writes the instances into the next buffer, which grows if it must; `None` where there is no instancing.
    fn upload_instances(
        &mut self,
        context: &mut dyn RenderingBackend,
        instances: &[Instance],
    ) -> Option<BufferId> {
        let Route::Instanced { rotating, turn, .. } = &mut self.route else {
            return None;
        };
        *turn = (*turn + 1) % BUFFER_COUNT;
        let slot = &mut rotating[*turn];
        let buffer = match *slot {
            Some((buffer, capacity)) if capacity >= instances.len() => buffer,
            old => {
                if let Some((small, _)) = old {
                    context.delete_buffer(small);
                }
                let capacity = instances.len().next_power_of_two().max(FIRST_CAPACITY);
                let source = BufferSource::empty::<Instance>(capacity);
                let buffer =
                    context.new_buffer(BufferType::VertexBuffer, BufferUsage::Stream, source);
                *slot = Some((buffer, capacity));
                buffer
            }
        };
        context.buffer_update(buffer, BufferSource::slice(instances));
        Some(buffer)
    }

    /// Draws batch by batch with three corners a particle.
    fn draw_corners(
        &mut self,
        context: &mut dyn RenderingBackend,
        instances: &[Instance],
        uniforms: Uniforms,
    ) {
        let Route::Corners { vertices, corners, .. } = &mut self.route else {
            return;
        };
        for batch in instances.chunks(BATCH_PARTICLES) {
            corners.clear();
            corners
                .extend(batch.iter().flat_map(|&of| CORNERS.map(|corner| Corner { corner, of })));
            context.buffer_update(*vertices, BufferSource::slice(corners));
            context.apply_bindings(&self.bindings);
            context.apply_uniforms(UniformsSource::table(&uniforms));
            context.draw(0, (batch.len() * INDICES.len()) as i32, 1);
        }
    }

    /// Runs `body` with the graphics context.
    fn with_context<T>(body: impl FnOnce(&mut dyn RenderingBackend) -> T) -> T {
        // SAFETY: the context exists by I1, and this is its only borrow by I2.
        let gl = unsafe { macroquad::window::get_internal_gl() };
        body(gl.quad_context)
    }
}

/// Sends to the card what macroquad has batched, so that it lies under what the pass draws.
pub fn flush_shapes() {
    // SAFETY: called from the window's thread by I1; the borrow ends within the statement (I2).
    let mut gl = unsafe { macroquad::window::get_internal_gl() };
    gl.flush();
}

/// The values that the shaders read, in the order of [`shader_meta`].
#[derive(Debug, Clone, Copy)]
#[repr(C)]
struct Uniforms {
    view: [f32; 4],
    sprite: [f32; 2],
}

/// Maps the world's middle to the middle of the view.
fn uniforms(view: ViewPx, screen_px: [f32; 2]) -> Uniforms {
    let middle_px = [view.x + view.width / 2.0, view.y + view.height / 2.0];
    let scale = [2.0 * view.per_m / screen_px[0], 2.0 * view.per_m / screen_px[1]];
    let offset = [middle_px[0] / screen_px[0] * 2.0 - 1.0, 1.0 - middle_px[1] / screen_px[1] * 2.0];
    Uniforms {
        view: [scale[0], scale[1], offset[0], offset[1]],
        sprite: [SPRITE_PER_RADIUS, RADIUS_MIN_PX / view.per_m],
    }
}

/// Names and types of the uniforms.
fn shader_meta() -> ShaderMeta {
    let uniforms = vec![
        UniformDesc::new("view", UniformType::Float4),
        UniformDesc::new("sprite", UniformType::Float2),
    ];
    ShaderMeta { images: Vec::new(), uniforms: UniformBlockLayout { uniforms } }
}

/// Light adds up; nothing hides anything.
fn additive() -> PipelineParams {
    let add = BlendState::new(Equation::Add, BlendFactor::One, BlendFactor::One);
    PipelineParams { color_blend: Some(add), ..PipelineParams::default() }
}

/// Corners from one buffer, instances from another.
fn instanced_layout() -> (Vec<BufferLayout>, Vec<VertexAttribute>) {
    let per_instance =
        BufferLayout { step_func: VertexStep::PerInstance, ..BufferLayout::default() };
    (vec![BufferLayout::default(), per_instance], attributes(1))
}

/// Everything from one buffer.
fn corner_layout() -> (Vec<BufferLayout>, Vec<VertexAttribute>) {
    (vec![BufferLayout::default()], attributes(0))
}

/// The attributes of the vertex shader; those of an instance come from `instance_buffer`.
fn attributes(instance_buffer: usize) -> Vec<VertexAttribute> {
    vec![
        VertexAttribute::with_buffer("corner", VertexFormat::Float2, 0),
        VertexAttribute::with_buffer("position_m", VertexFormat::Float2, instance_buffer),
        VertexAttribute::with_buffer("diameter_m", VertexFormat::Float1, instance_buffer),
        VertexAttribute::with_buffer("rgba", VertexFormat::Byte4, instance_buffer),
    ]
}

fn instanced_route(context: &mut dyn RenderingBackend) -> Route {
    let corners = context.new_buffer(
        BufferType::VertexBuffer,
        BufferUsage::Immutable,
        BufferSource::slice(&CORNERS),
    );
    let indices = context.new_buffer(
        BufferType::IndexBuffer,
        BufferUsage::Immutable,
        BufferSource::slice(&INDICES),
    );
    Route::Instanced { corners, indices, rotating: [None; BUFFER_COUNT], turn: 0 }
}

fn corner_route(context: &mut dyn RenderingBackend) -> Route {
    let numbers: Vec<u16> = (0..BATCH_PARTICLES)
        .flat_map(|particle| INDICES.map(|index| (particle * CORNERS.len()) as u16 + index))
        .collect();
    let room = BufferSource::empty::<Corner>(BATCH_PARTICLES * CORNERS.len());
    let vertices = context.new_buffer(BufferType::VertexBuffer, BufferUsage::Stream, room);
    let indices = context.new_buffer(
        BufferType::IndexBuffer,
        BufferUsage::Immutable,
        BufferSource::slice(&numbers),
    );
    Route::Corners {
        vertices,
        indices,
        corners: Vec::with_capacity(BATCH_PARTICLES * CORNERS.len()),
    }
}

const _: () = assert!(size_of::<Instance>() == 16 && size_of::<Corner>() == 24);

#[cfg(test)]
mod tests {
    use super::{ViewPx, uniforms};

    #[test]
    fn the_middle_of_the_world_is_the_middle_of_the_view() {
        let view = ViewPx { x: 0.0, y: 0.0, width: 900.0, height: 720.0, per_m: 60.0 };
        let found = uniforms(view, [1280.0, 720.0]);
        // 450 of 1280 pixels from the left is -0.296875 in clip space.
        assert_eq!(found.view[2..], [-0.296_875, 0.0]);
        assert_eq!(found.view[0] * 7.5, 450.0 / 640.0);
    }
}
